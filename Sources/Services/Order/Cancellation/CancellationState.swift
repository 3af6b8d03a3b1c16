import Contracts
public import Saga

/// What a cancellation carries from step to step.
public struct CancellationState: SagaState {
    public static let saga = "cancellation"
    public let orderId: String
    public let reason: String
    /// Stock is kept for it, or was sold to it.
    public let hasReservation: Bool
    /// What the order was before, and how much of its money had gone back, in minor units.
    public let statusBefore: OrderStatus
    public let refundedBefore: Int64?
    /// Of all that was captured, in minor units, as payment says it: its event may come later.
    public var refundedAmount: Int64?
    /// It does not wait until payment knows what the provider did: payment gives back by itself whatever that was.
    public var isOverdue: Bool?
    /// It ended before payment knew.
    public var isPaymentOpen: Bool?
}
