public import Contracts
public import Kernel

/// The steps of a reservation's life. Each says what its pieces have to do with it; where they cannot, the step is not
/// taken.
extension Reservation {
    public enum Step: Sendable, Hashable {
        /// It was done before, or there is nothing to do.
        case nothing
        case to(Status, moving: StockMovement?)
        /// It was given up: there is nothing to sell.
        case refused
    }

    /// It is paid.
    public var commitment: Step {
        switch status {
        case .reserved: .to(.committed, moving: .sellReserved)
        case .expired: .to(.committed, moving: .sell)
        case .committed: .nothing
        case .released: .refused
        }
    }

    /// It is given up, or what was sold is returned.
    public var release: Step {
        switch status {
        case .reserved: .to(.released, moving: .release)
        case .committed: .to(.released, moving: .takeBack)
        case .expired: .to(.released, moving: nil)
        case .released: .nothing
        }
    }

    /// Its time may be over.
    public func expiry(at time: Timestamp) -> Step {
        status == .reserved && expiresAt <= time ? .to(.expired, moving: .release) : .nothing
    }
}
