import Contracts
import HTTP
import Kernel
public import Saga

/// How an order is cancelled. Once the delivery has let go of it there is no way back: money and stock follow, however
/// long that takes.
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

    /// A service that is away for hours does not decide about an order.
    private static let patient = SagaRetry(
        timeout: .seconds(30 * 86_400), compensationTimeout: .seconds(30 * 86_400))
}

/// The state that a cancellation carries from step to step.
public struct CancellationState: SagaState {
    public static let saga = "cancellation"
    public let orderId: String
    public let reason: String
    /// Stock is kept for it, or was sold to it.
    public let hasReservation: Bool
    /// The status of the order before, and how much of its money had gone back, in minor units.
    public let statusBefore: OrderStatus
    public let refundedBefore: Int64?
    /// The refunded part of all that was captured, in minor units, as payment says it: its event may come later.
    public var refundedAmount: Int64?
    /// It does not wait until payment knows what the provider did: payment gives back by itself whatever that was.
    public var isOverdue: Bool?
    /// It ended before payment knew.
    public var isPaymentOpen: Bool?
}
