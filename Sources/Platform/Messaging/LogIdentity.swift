/// Names one event log among all others. A log that is made anew has another identity; a copy has the same, and is told
/// by the event at a position.
public struct LogIdentity: Sendable, Hashable, Codable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }

    public init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// How far a group has come in a partition, with what tells whether a log is the one that it was reading.
public struct KnownPosition: Sendable, Hashable {
    public let position: Int64
    /// The log that this is a position of; `nil` if that was not noted.
    public let log: LogIdentity?
    /// The event that the log has there, as `CloudEvent.key` names it; `nil` if that was not noted.
    public let event: String?

    public init(_ position: Int64, log: LogIdentity? = nil, event: String? = nil) {
        self.position = position
        self.log = log
        self.event = event
    }
}

extension CloudEvent {
    /// The name of an event: its source and its id.
    public var key: String { "\(source) \(id)" }
}

extension EventError {
    /// A log lacks the event that a group has read there, or has another one: it is an older copy, or was made anew.
    package static func otherEvent(
        at position: Int64, of place: String, group: String, expected: String, found: String?
    ) -> EventError {
        EventError(
            .logReplaced,
            "consumer group '\(group)' has read event \(expected) at position \(position) of \(place), but "
                + (found.map { "event \($0) is there" } ?? "there is no event")
                + " now: it is another log, or an older copy of the same. Nothing is read until this is settled: see "
                + "docs/runbook.md#event-log-replaced")
    }
}
