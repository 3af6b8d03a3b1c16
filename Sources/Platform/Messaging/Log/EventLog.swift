/// Where events go that others may read: the embedded log or Kafka.
public protocol EventLog: Sendable {
    /// Returns when the events are durable. Order within a subject is kept. An event that the log already has (same
    /// source and id) may be kept once or twice; consumers skip it.
    func append(_ events: [CloudEvent]) async throws

    /// Gives events to `subscriber` in order of each partition until the task is cancelled. Errors that pass (the log is
    /// away) are waited out.
    func deliver(to subscriber: any Subscriber) async throws

    /// Throws when the log does not answer; for readiness.
    func check() async throws
}

/// One consumer group's member: knows where it is, and takes batches.
public protocol Subscriber: Sendable {
    /// For example `delivery`.
    var group: String { get }

    /// The event types it takes; the log may give others too.
    var types: Set<String> { get }

    /// The position after the last event of that partition whose effects are durable; `nil` before the first.
    func position(of partition: Int) async throws -> Int64?

    /// Handles a batch, in order; returns when its effects and the new position are durable. A partition's next batch
    /// comes after the return.
    func handle(_ batch: [LoggedEvent], partition: Int) async throws
}

public struct LoggedEvent: Sendable {
    public let event: CloudEvent
    /// Grows within a partition, not necessarily by one.
    public let position: Int64

    public init(event: CloudEvent, position: Int64) {
        self.event = event
        self.position = position
    }
}
