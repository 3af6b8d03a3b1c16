/// Where the goods of an order are. Independent of how far its money is.
public enum FulfilmentStatus: String, Codable, Sendable, Hashable, CaseIterable {
    /// No delivery was started yet.
    case none = "NONE"
    /// It is being prepared.
    case started = "STARTED"
    /// It has left the shop.
    case shipped = "SHIPPED"
    case delivered = "DELIVERED"
    /// It was given up before it left, and never leaves.
    case cancelled = "CANCELLED"
    /// It came back after it had left.
    case returned = "RETURNED"
}

/// An event in the life of an order's goods.
public enum FulfilmentEvent: Sendable, Hashable, CaseIterable {
    case started, shipped, delivered, cancelled, returned
}

extension FulfilmentStatus {
    /// The state after `event`, or `nil` if the event changes nothing.
    public func after(_ event: FulfilmentEvent) -> FulfilmentStatus? {
        switch (event, self) {
        case (.started, .none): .started
        case (.shipped, .none), (.shipped, .started): .shipped
        case (.delivered, .none), (.delivered, .started), (.delivered, .shipped): .delivered
        case (.cancelled, .none), (.cancelled, .started): .cancelled
        case (.returned, .shipped), (.returned, .delivered): .returned
        default: nil
        }
    }

    /// Whether the goods are not in the shop any more.
    public var hasLeft: Bool { self == .shipped || self == .delivered }

    /// Whether they may still leave it.
    public var canLeave: Bool { self == .none || self == .started }
}
