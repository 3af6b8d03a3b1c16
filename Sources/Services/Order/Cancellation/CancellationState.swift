import Contracts
public import Saga

/// What a cancellation carries from step to step.
public struct CancellationState: SagaState {
    public static let saga = "cancellation"
    public let orderId: String
    public let reason: String
    /// Stock is kept for it, or was sold to it.
    public let hasReservation: Bool
}
