/// A consumer could not handle an event now. It tries again, and later events wait; or it has given up.
public struct ConsumerFailure: Sendable {
    public let group: String
    /// The event whose turn it is; where the database failed as a whole, the first that was not stored.
    public let event: CloudEvent
    public let position: Int64
    public let error: any Error
    /// How often this event has failed in a row.
    public let failures: Int
    /// How long the consumer waits before it tries again; zero when it does not.
    public let delay: Duration
    /// Whether the event becomes a dead letter now.
    public let isFinal: Bool
}
