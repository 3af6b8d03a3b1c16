import Contracts
public import Saga

/// What a cancellation carries from step to step.
public struct CancellationState: SagaState {
    public static let saga = "cancellation"
    public let orderId: String
    public let reason: String
    /// Stock is kept for it, or was sold to it.
    public let hasReservation: Bool
    /// Of all that was captured, in minor units, as payment says it: its event may come later.
    public var refundedAmount: Int64?
}
