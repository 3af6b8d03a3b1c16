/// How far a saga is.
public enum SagaStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case running = "RUNNING"
    /// For something that comes as an event.
    case waiting = "WAITING"
    /// What was done is taken back, last step first.
    case compensating = "COMPENSATING"
    /// A compensation is refused or fails for too long: a person has to look at it.
    case parked = "PARKED"
    case completed = "COMPLETED"
    case compensated = "COMPENSATED"

    public var isEnded: Bool { self == .completed || self == .compensated }
}
