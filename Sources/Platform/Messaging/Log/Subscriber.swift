/// One consumer group's member: knows where it is, and takes batches.
public protocol Subscriber: Sendable {
    /// For example `delivery`.
    var group: String { get }

    /// The event types it takes; the log may give others too.
    var types: Set<String> { get }

    /// The position after the last event of that partition whose effects are durable; `nil` before the first.
    func position(of partition: LogPartition) async throws -> Int64?

    /// The same position, for a log to find out whether it is the one that the group has read. Throws `EventError`
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
