public import Kernel
public import Storage
import Synchronization

/// Handles a service's events exactly once in effect: the handlers' writes, the note that the event was handled and the
/// position in the log are one transaction. An event that fails is tried again with growing delays; those after it wait.
public final class Consumer: Subscriber {
    public typealias Handler = Subscription.Handler

    public let group: String
    public let types: Set<String>
    private let handlers: [String: Handler]
    private let database: any Database
    private let loop: any Loop
    private let onFailure: @Sendable (ConsumerFailure) -> Void
    private let backoff = Backoff(first: .milliseconds(100), limit: .seconds(30))
    private let counters = ConsumerCounters()
    private let pruning: InboxPruning

    /// What a service that consumes creates in its migrations.
    public static var collections: [CollectionSchema] { [Inbox.schema, Positions.schema] }

    /// `handlers` by event type; `onFailure` hears each failed try. Notes in the inbox are kept for `keeping`.
    public init(
        group: String, database: any Database, loop: any Loop, handlers: [String: Handler],
        keeping: Duration = .seconds(14 * 86_400),
        onFailure: @escaping @Sendable (ConsumerFailure) -> Void = { _ in }
    ) {
        self.group = group
        self.database = database
        self.loop = loop
        self.handlers = handlers
        self.onFailure = onFailure
        types = Set(handlers.keys)
        pruning = InboxPruning(keeping: keeping, loop: loop)
    }

    public convenience init(
        group: String, database: any Database, loop: any Loop, subscriptions: [Subscription],
        keeping: Duration = .seconds(14 * 86_400),
        onFailure: @escaping @Sendable (ConsumerFailure) -> Void = { _ in }
    ) {
        let handlers = Dictionary(subscriptions.map { ($0.type, $0.handler) }) { _, _ in
            preconditionFailure("consumer \(group) has two handlers for one event type")
        }
        self.init(
            group: group, database: database, loop: loop, handlers: handlers, keeping: keeping, onFailure: onFailure)
    }

    /// How many events took effect.
    public var handled: Int { counters.handled.load(ordering: .relaxed) }
    /// How many came again and were skipped.
    public var duplicates: Int { counters.duplicates.load(ordering: .relaxed) }
    /// How many tries failed.
    public var failures: Int { counters.failures.load(ordering: .relaxed) }

    public func position(of partition: Int) async throws -> Int64? {
        try await database.read { [group] in try await Positions.find(group, partition: partition, in: $0) }
    }

    /// Returns when all of the batch has taken effect; throws only `CancellationError`.
    public func handle(_ batch: [LoggedEvent], partition: Int) async throws {
        var remaining = batch[...]
        var failures = 0
        var width = batch.count
        while let next = remaining.first {
            try Task.checkCancellation()
            let attempt = await attempt(remaining.prefix(width), partition)
            remaining = remaining.dropFirst(attempt.done)
            // A transaction that fails as a whole may be one event's fault: alone, it does not hold up those before it.
            width = attempt.error != nil && attempt.done == 0 ? 1 : batch.count
            guard let error = attempt.error else { continue }
            failures = attempt.done == 0 ? failures + 1 : 1
            let delay = backoff.delay(after: failures)
            let failed = remaining.first ?? next
            counters.failures.add(1, ordering: .relaxed)
            onFailure(
                ConsumerFailure(
                    group: group, event: failed.event, position: failed.position, error: error, failures: failures,
                    delay: delay))
            try await loop.sleep(for: delay)
        }
        await pruning.run(database)
    }

    /// As much of the batch as goes, in one transaction.
    private func attempt(_ batch: ArraySlice<LoggedEvent>, _ partition: Int) async -> Attempt {
        let step = ConsumerStep(group: group, handlers: handlers, time: loop.now)
        do {
            let attempt = try await database.transaction { try await step.run(batch, partition, in: $0) }
            counters.handled.add(attempt.handled, ordering: .relaxed)
            counters.duplicates.add(attempt.duplicates, ordering: .relaxed)
            return attempt
        } catch {
            return Attempt(error: error)
        }
    }
}

private final class ConsumerCounters: Sendable {
    let handled = Atomic(0)
    let duplicates = Atomic(0)
    let failures = Atomic(0)
}
