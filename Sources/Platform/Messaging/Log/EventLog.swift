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
