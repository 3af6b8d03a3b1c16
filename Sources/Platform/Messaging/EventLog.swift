public import Kernel

/// Where events go that others may read: the embedded log or Kafka.
public protocol EventLog: Sendable {
    /// Returns when the events are durable. Order within a subject is kept. An event that the log already has (same
    /// source and id) may be kept once or twice; consumers skip it. Throws `PartlyAppended` when it took some.
    func append(_ events: [CloudEvent]) async throws

    /// Gives events to `subscriber` in order of each partition until the task is cancelled. Errors that pass (the log is
    /// away) are waited out.
    func deliver(to subscriber: any Subscriber) async throws

    /// The positions from which a consumer gets every event of that time or later, and perhaps some earlier ones. A
    /// partition that is not among them is read from its begin.
    func positions(before time: Timestamp) async throws -> [LogPartition: Int64]

    /// Throws when the log does not answer; for readiness.
    func check() async throws

    /// The identity of this log; `nil` if the engine has none to tell.
    func identity() async throws -> LogIdentity?

    /// Whether the log has events that were published by `source`, for example `/order`.
    func hasEvents(from source: String) async throws -> Bool

    /// Gives up memory that only makes it faster, when it has time: after a peak.
    func releaseMemory()
}

extension EventLog {
    public func identity() async throws -> LogIdentity? { nil }

    public func hasEvents(from source: String) async throws -> Bool { false }

    public func releaseMemory() {}
}

/// The log took some events of an append and not the others. Those of one subject were taken in their order.
public struct PartlyAppended: Error, CustomStringConvertible {
    /// Which of the events are durable, by their places in the append.
    public let taken: [Int]
    /// Why the others are not.
    public let cause: any Error

    public init(taken: [Int], cause: any Error) {
        self.taken = taken
        self.cause = cause
    }

    public var description: String { "the log took \(taken.count) events and no more: \(ErrorText.of(cause))" }
}

/// A part of a log whose events have an order among each other.
public struct LogPartition: Sendable, Hashable, CustomStringConvertible {
    /// Stands in stored positions: it never changes for the same partition of the same engine.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// One consumer group's member: knows where it is, and takes batches.
public protocol Subscriber: Sendable {
    /// For example `delivery`.
    var group: String { get }

    /// The event types it takes; the log may give others too.
    var types: Set<String> { get }

    /// The position after the last event of that partition whose effects are durable; `nil` before the first.
    func position(of partition: LogPartition) async throws -> Int64?

    /// Reads the position for a log to find out whether it is the one that the group has read. Throws `EventError`
    /// `.logReplaced` if the group has read another log than `log`.
    func knownPosition(of partition: LogPartition, in log: LogIdentity?) async throws -> KnownPosition?

    /// Handles a batch, in order; returns when its effects and the new position are durable. A partition's next batch
    /// comes after the return; batches of several partitions may come at the same time. After an error the log asks
    /// for the position again.
    func handle(_ batch: [LoggedEvent], partition: LogPartition) async throws

    /// Hears now and then how many events of the partition come after what it has handled; `nil` when the partition
    /// is no longer its own.
    func noticed(lag: Int64?, of partition: LogPartition)
}

extension Subscriber {
    public func knownPosition(of partition: LogPartition, in log: LogIdentity?) async throws -> KnownPosition? {
        try await position(of: partition).map { KnownPosition($0) }
    }

    public func noticed(lag: Int64?, of partition: LogPartition) {}
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
