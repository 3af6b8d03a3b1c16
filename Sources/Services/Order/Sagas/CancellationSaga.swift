import Contracts
import HTTP
import Kernel
import Messaging
public import Saga
import ServiceHost
import Storage

/// The cancellation of an order, as a table. Once the delivery is given up there is no way back: money and stock follow,
/// however long that takes.
enum CancellationSaga {
    static let definition = SagaDefinition<CancellationState>([
        SagaStep(
            "cancel the delivery", at: "delivery", retry: patient,
            request: {
                SagaCall(
                    .post, DeliveryAPI.cancellations, json: CancelDelivery(orderId: $0.orderId, reason: $0.reason))
            }),
        SagaStep(
            "give the money back", at: "payment", retry: patient, isRetriable: true,
            request: {
                SagaCall(
                    .post, PaymentAPI.cancellations, json: CancelPayment(orderId: $0.orderId),
                    key: "CANCEL-\($0.orderId)")
            },
            reply: { state, reply in
                if reply.status == 409 {
                    guard state.isOverdue == true, reply.problemType == PaymentAPI.notDecided else {
                        return .retry(reply.reason)
                    }
                    state.isPaymentOpen = true
                    return .done
                }
                guard reply.outcome == .done else { return reply.outcome }
                state.refundedAmount = try reply.decode(PaymentCancellation.self).refundedAmount
                return .done
            }),
        SagaStep(
            "give the stock back", at: "product", retry: patient, isRetriable: true,
            request: { $0.hasReservation ? SagaCall(.post, ProductAPI.release(orderId: $0.orderId)) : nil }),
    ])

    /// The patience of days, because a service that is away for hours must not decide about an order.
    private static let patient = SagaRetry(
        timeout: .seconds(30 * 86_400), compensationTimeout: .seconds(30 * 86_400))
}

/// The state that a cancellation carries from step to step.
public struct CancellationState: SagaState {
    public static let saga = "cancellation"
    public let orderId: String
    public let reason: String
    /// Whether stock is kept for the order, or was sold to it.
    public let hasReservation: Bool
    /// The status of the order before the cancellation, and its refunded amount then, in minor units.
    public let statusBefore: OrderStatus
    public let refundedBefore: Int64?
    /// The refunded part of all that was captured, in minor units, as payment says it: its event may come later.
    public var refundedAmount: Int64?
    /// Whether the cancellation ends before payment knows the outcome at the provider. Payment then gives the money back
    /// by itself.
    public var isOverdue: Bool?
    /// Whether the cancellation ended before payment knew.
    public var isPaymentOpen: Bool?
}

/// Begins and ends the cancellation of orders, whether a person, an event or the clock asks for it.
struct Cancelling: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let sagas: Sagas<CancellationState>

    /// Begins the cancellation of an order. Returns its saga; `nil` if the order cannot be cancelled.
    func begin(
        _ order: Order, reason: String, isOverdue: Bool = false, in tx: any Transaction
    ) async throws -> SagaInstance<CancellationState>? {
        var order = order
        let (statusBefore, refundedBefore) = (order.status, order.refundedAmount)
        // An order that could not be cancelled may be tried again: the version tells the tries apart.
        let sagaId = "\(order.id)-\(order.version + 1)"
        guard order.cancellationBegan(sagaId: sagaId, at: context.loop.now) else { return nil }
        order.record(OrderCancellationBegan(order: order.summary, reason: reason, requestedAt: context.loop.now))
        order = try await orders.update(order, in: tx)
        let state = CancellationState(
            orderId: order.id, reason: reason, hasReservation: order.checkout != nil, statusBefore: statusBefore,
            refundedBefore: refundedBefore, isOverdue: isOverdue ? true : nil)
        return try await sagas.start(sagaId, state, in: tx)
    }

    /// Begins a cancellation because of an event, and does not wait for it. Does nothing if the order cannot be cancelled.
    func beginSoon(
        _ orderId: String, reason: String, in tx: any Transaction
    ) async throws {
        guard let order = try await orders.find(orderId, in: tx),
            let saga = try await begin(order, reason: reason, in: tx)
        else { return }
        sagas.driveInBackground(saga, after: tx)
    }

    static func ending(
        _ context: ServiceEnvironment, _ orders: Repository<Order>, _ tasks: OperatorTasks
    ) -> Sagas<CancellationState>.Ending {
        { saga, tx in
            guard var order = try await orders.find(saga.state.orderId, in: tx) else {
                guard saga.status == .compensated else {
                    guard saga.state.isPaymentOpen != true else { return }
                    return try await tasks.settle(
                        .paidWithoutOrder, subject: saga.state.orderId, reason: "the money is back", in: tx)
                }
                try await tasks.open(
                    .shippedWithoutOrder, subject: saga.state.orderId, orderId: saga.state.orderId,
                    evidence: [.init("reason", saga.reason ?? "")], in: tx)
                return
            }
            if saga.status == .completed {
                let state = saga.state
                try await tasks.settle(.paidAndStopped, subject: order.id, reason: "the order is cancelled", in: tx)
                let isCancelled = order.cancelled(
                    reason: state.reason, nothingWasTaken: state.isPaymentOpen != true && state.refundedAmount == 0,
                    refunded: state.refundedAmount, isPaymentOpen: state.isPaymentOpen, at: context.loop.now)
                guard isCancelled else { return }
            } else {
                guard order.cancellationRefused() else { return }
                order.record(
                    OrderCancellationRefused(
                        order: order.summary, paymentStatus: order.paymentStatus, reason: saga.reason ?? "",
                        refusedAt: context.loop.now))
                order.recordMissed(saga.state)
            }
            try await orders.update(order, in: tx)
        }
    }
}

extension Order {
    /// Records the events about the payment that were held back while the order was being cancelled.
    fileprivate mutating func recordMissed(_ state: CancellationState) {
        let refunded = (refundedAmount ?? 0) - (state.refundedBefore ?? 0)
        if status == .paymentFailed {
            record(OrderPaymentFailed(order: summary, reason: failureReason ?? ""))
        } else if refunded > 0 {
            record(
                OrderRefunded(
                    order: summary, amount: refunded, refundedAmount: refundedAmount ?? refunded,
                    isWhole: status == .refunded))
        } else if !state.statusBefore.isDecided, let paymentId, let paidAt {
            record(OrderPaid(order: summary, paymentId: paymentId, paidAt: paidAt))
        }
    }
}
