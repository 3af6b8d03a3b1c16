import Synchronization

/// A handle on something that will happen later on a loop.
public final class ScheduledAction: Sendable {
    private let cancelled = Atomic(false)

    public init() {}

    public var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Safe from any thread; without effect once the action has begun.
    public func cancel() { cancelled.store(true, ordering: .releasing) }
}
