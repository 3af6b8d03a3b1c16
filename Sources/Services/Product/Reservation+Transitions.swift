public import Contracts
public import Kernel

/// The state machine of a reservation. Each step names the movement of its stock; if the stock does not allow the
/// movement, the step is not taken.
extension Reservation {
    public enum Step: Sendable, Hashable {
        /// The step was taken before, or has no effect.
        case nothing
        case to(Status, moving: StockMovement?)
        /// The reservation was released and cannot be committed.
        case refused
    }

    /// The step after the payment of the order.
    public var commitment: Step {
        switch status {
        case .reserved: .to(.committed, moving: .sellReserved)
        case .expired: .to(.committed, moving: .sell)
        case .committed: .nothing
        case .released: .refused
        }
    }

    /// The step after the cancellation of the order, or the return of its goods.
    public var release: Step {
        switch status {
        case .reserved: .to(.released, moving: .release)
        case .committed: .to(.released, moving: .takeBack)
        case .expired: .to(.released, moving: nil)
        case .released: .nothing
        }
    }

    /// The step at the end of the reservation's time.
    public func expiry(at time: Timestamp) -> Step {
        status == .reserved && expiresAt <= time ? .to(.expired, moving: .release) : .nothing
    }
}
