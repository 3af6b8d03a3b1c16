import Contracts
import HTTP
import Kernel
public import Saga
import ServiceHost
import Storage

/// The refund of an order, as a table. Goods of a whole refund that are still in the shop stay there. The refund is
/// requested once and followed until the provider has confirmed it, and then the stock goes back.
enum RefundSaga {
    static let definition = SagaDefinition<RefundState>([
        SagaStep(
            "stop the delivery", at: "delivery", retry: untilKnown,
            request: {
                guard $0.stopsDelivery == true else { return nil }
                return SagaCall(
                    .post, DeliveryAPI.cancellations,
                    json: CancelDelivery(orderId: $0.orderId, reason: "the order is refunded"))
            },
            reply: { state, reply in
                // An order that has left meanwhile is refunded all the same, because that was requested.
                let hasLeft = reply.problemType == DeliveryAPI.alreadyShipped
                guard hasLeft || reply.outcome == .done else { return reply.outcome }
                state.isDeliveryStopped = !hasLeft
                return .done
            }),
        SagaStep(
            "give the money back", at: "payment", retry: untilKnown,
            request: {
                guard !$0.isConfirmed else { return nil }
                return SagaCall(
                    .post, PaymentAPI.refunds(paymentId: $0.paymentId), json: Body(amount: $0.amount), key: $0.refundId)
            },
            reply: { state, reply in
                guard reply.outcome == .done else { return reply.outcome }
                let receipt = try reply.decode(PaymentReceipt.self)
                state.attemptId = receipt.attemptId
                return state.learn(receipt.attemptState, refundedAmount: receipt.refundedAmount, reason: receipt.reason)
                    ?? .done
            }),
        SagaStep(
            "see it confirmed", at: "payment", retry: untilKnown, isReadOnly: true,
            request: { $0.isConfirmed ? nil : SagaCall(.get, "/payments/\($0.paymentId)") },
            reply: { state, reply in
                guard reply.outcome == .done else { return reply.outcome }
                let payment = try reply.decode(PaymentView.self)
                guard let attempt = payment.attempts.first(where: { $0.id == state.attemptId }) else {
                    return .retry("the payment does not show the refund yet")
                }
                return state.learn(attempt.state, refundedAmount: payment.refundedAmount, reason: attempt.reason)
                    ?? .retry("the provider has not confirmed it yet")
            }),
        SagaStep(
            "give the stock back", at: "product", retry: untilKnown, isRetriable: true,
            request: {
                let neverLeft = $0.isDeliveryStopped == true && $0.hasReservation == true
                return $0.returnsStock || neverLeft ? SagaCall(.post, ProductAPI.release(orderId: $0.orderId)) : nil
            }),
    ])

    private struct Body: Encodable {
        let amount: Int64?
    }

    private struct PaymentView: Decodable {
        struct Attempt: Decodable {
            let id: String
            let state: String
            let reason: String?
        }
        let attempts: [Attempt]
        let refundedAmount: Int64
    }

    /// Providers take days for some refunds.
    private static let untilKnown = SagaRetry(timeout: .seconds(30 * 86_400))
}

/// The state that a refund carries from step to step.
public struct RefundState: SagaState {
    public static let saga = "refund"
    /// The identifier of the refund, which is also the key for the payment service.
    public let refundId: String
    public let orderId: String
    public let paymentId: String
    /// The amount in minor units; without one, all that is left.
    public let amount: Int64?
    /// Whether the sold stock goes back too.
    public let returnsStock: Bool
    /// The identifier of payment's attempt.
    public var attemptId: String?
    public var isConfirmed = false
    /// The refunded amount of the payment after the refund, in minor units.
    public var refundedAmount: Int64?
    /// Whether the delivery is given up first, because all of the money goes back while the goods are in the shop.
    public var stopsDelivery: Bool?
    /// Whether the delivery was given up; `false` if the goods had left.
    public var isDeliveryStopped: Bool?
    /// Whether stock is kept for the order, or was sold to it. It goes back if the goods never left.
    public var hasReservation: Bool?
    /// Whether goods that had left are back.
    public var isReturn: Bool?
}

extension RefundState {
    /// Applies the state of payment's attempt. Returns `nil` while it is not decided.
    fileprivate mutating func learn(_ attempt: String, refundedAmount: Int64, reason: String?) -> StepOutcome? {
        switch attempt {
        case "SUCCEEDED":
            isConfirmed = true
            self.refundedAmount = refundedAmount
            return .done
        case "REFUSED": return .refused(reason ?? "refused by the provider")
        // The refund had been made, and its money came back before it was looked at.
        case "REVERSED": return .refused(reason ?? "the refund did not arrive")
        default: return nil
        }
    }
}

/// The end of every refund, and the beginning of a refund that was made at the provider.
extension RefundSaga {
    /// Records what a refund that has ended means for the goods.
    static func ending(
        _ context: ServiceEnvironment, _ orders: Repository<Order>, _ tasks: OperatorTasks
    ) -> Sagas<RefundState>.Ending {
        { saga, tx in
            guard var order = try await orders.find(saga.state.orderId, in: tx) else { return }
            if saga.state.isDeliveryStopped == true, order.deliveryStopped() {
                order = try await orders.update(order, in: tx)
            }
            // The order is paid and not delivered any more, so that the buyer has neither money nor goods.
            let isPaid = order.paymentStatus == .paid || order.paymentStatus == .partiallyRefunded
            if saga.state.isDeliveryStopped == true, saga.status == .compensated, isPaid, order.cancellation == nil {
                try await tasks.open(
                    .paidAndStopped, subject: order.id, orderId: order.id, paymentId: order.paymentId,
                    evidence: [.init("reason", saga.reason ?? "")], in: tx)
            }
            let isBack = saga.status == .completed && saga.state.isReturn == true
            guard isBack, order.returned(at: context.loop.now) else { return }
            try await orders.update(order, in: tx)
        }
    }

    /// Follows a whole refund that was made at the provider: goods that are still in the shop stay there, and their stock
    /// goes back.
    static func follow(
        _ order: Order, paymentVersion: Int64, with sagas: Sagas<RefundState>, in tx: any Transaction
    ) async throws {
        let id = "REF-\(order.id)-\(paymentVersion)"
        guard order.fulfilmentStatus.canLeave, let paymentId = order.paymentId,
            try await sagas.find(id, in: tx) == nil
        else { return }
        var state = RefundState(
            refundId: id, orderId: order.id, paymentId: paymentId, amount: nil, returnsStock: false,
            stopsDelivery: true, hasReservation: order.checkout != nil)
        state.isConfirmed = true
        state.refundedAmount = order.refundedAmount
        sagas.driveInBackground(try await sagas.start(id, state, in: tx), after: tx)
    }
}
