/// The kinds of service, each with what the host gives it.
public enum ServiceKind: String, Codable, Sendable, CaseIterable {
    /// Keeps nothing: no database.
    case stateless
    /// Owns data.
    case persistence
    /// Ties others together: calls them, and keeps what it needs for that.
    case aggregation
    /// Built from the events of others (CQRS).
    case readModel = "read model"
    /// Stands for a system outside the shop.
    case simulator

    public var hasDatabase: Bool { self != .stateless }
}
