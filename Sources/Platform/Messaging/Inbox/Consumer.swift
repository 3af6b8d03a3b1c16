public import Kernel
public import Storage
import Synchronization

/// Handles a service's events exactly once in effect: the handlers' writes, the note that the event was handled and the
/// position in the log are one transaction. An event that fails is tried again with growing delays, and those after it
/// wait; after the last try it becomes a dead letter, and so do later events of its subject.
public final class Consumer: Subscriber {
    public typealias Handler = Subscription.Handler

    public let group: String
    public let types: Set<String>
    /// Events that the consumer has set aside.
    public let deadLetters: DeadLetters
    private let handlers: [String: Handler]
    private let database: any Database
    private let loop: any Loop
    private let onFailure: @Sendable (ConsumerFailure) -> Void
    private let retries: Int
    private let backoff = RetryPolicy.exponential(from: .milliseconds(100), cap: .seconds(30))
    private let counters = ConsumerCounters()
    private let pruning: InboxPruning
    private let resuming: DeadLetterResuming

    /// How often an event that fails is tried again, unless it is told otherwise: 0.1 + 0.2 + … + 6.4 seconds.
    public static let defaultRetries = 7

    /// Collections that a service that consumes creates in its migrations.
    public static var collections: [CollectionSchema] { [Inbox.schema, Positions.schema, DeadLetterTable.schema] }

    /// `handlers` by event type; `onFailure` hears each failed try. An event is tried again `retries` times, after 0.1,
    /// 0.2, 0.4 … seconds; errors that are not its own fault do not count. Notes in the inbox are kept for `keeping`.
    public init(
        group: String, database: any Database, loop: any Loop, handlers: [String: Handler],
        retries: Int = Consumer.defaultRetries,
        keeping: Duration = .seconds(14 * 86_400),
        onFailure: @escaping @Sendable (ConsumerFailure) -> Void = { _ in }
    ) {
        self.group = group
        self.database = database
        self.loop = loop
        self.handlers = handlers
        self.retries = retries
        self.onFailure = onFailure
        types = Set(handlers.keys)
        deadLetters = DeadLetters(group: group, database: database, handlers: handlers)
        pruning = InboxPruning(keeping: keeping, loop: loop)
        resuming = DeadLetterResuming(loop: loop)
    }

    public convenience init(
        group: String, database: any Database, loop: any Loop, subscriptions: [Subscription],
        retries: Int = Consumer.defaultRetries,
        keeping: Duration = .seconds(14 * 86_400),
        onFailure: @escaping @Sendable (ConsumerFailure) -> Void = { _ in }
    ) {
        let handlers = Dictionary(subscriptions.map { ($0.type, $0.handler) }) { _, _ in
            preconditionFailure("consumer \(group) has two handlers for one event type")
        }
        self.init(
            group: group, database: database, loop: loop, handlers: handlers, retries: retries, keeping: keeping,
            onFailure: onFailure)
    }

    /// How many events took effect.
    public var handled: Int { counters.handled.load(ordering: .relaxed) }
    /// How many came again and were skipped.
    public var duplicates: Int { counters.duplicates.load(ordering: .relaxed) }
    /// How many tries failed.
    public var failures: Int { counters.failures.load(ordering: .relaxed) }
    /// How many events of the log, of all types, come after what it has handled, in the partitions that are its own.
    public var lag: Int { Int(counters.lags.withLock { $0.values.reduce(0, +) }) }

    /// For how long it has not got any further although there are events; zero while it does.
    public var stalled: Duration {
        guard lag > 0 || counters.isFailing.load(ordering: .relaxed) else { return .zero }
        return max(.zero, loop.uptime - counters.progress.withLock { $0 })
    }

    public func noticed(lag: Int64?, of partition: LogPartition) {
        if lag != nil { noteRefusal(nil) }
        counters.lags.withLock { $0[partition] = lag }
        if self.lag == 0, !counters.isFailing.load(ordering: .relaxed) { noteProgress() }
    }

    private func noteProgress() {
        let now = loop.uptime
        counters.progress.withLock { $0 = now }
    }

    public func position(of partition: LogPartition) async throws -> Int64? {
        try await knownPosition(of: partition, in: nil)?.position
    }

    /// A group never passes from one log to another by itself: without a position in this partition, it must not have
    /// one in another log either.
    public func knownPosition(of partition: LogPartition, in log: LogIdentity?) async throws -> KnownPosition? {
        let (known, others, letters) = try await database.read { [group, deadLetters] tx in
            let known = try await Positions.find(group, partition: partition, in: tx)
            let others = known == nil ? try await Positions.all(group, in: tx).values.compactMap(\.log) : []
            return (known, others, try await deadLetters.recount(in: tx))
        }
        deadLetters.noteCount(letters)
        counters.positions.withLock { $0[partition] = known?.position }
        let logs = (known?.log).map { [$0] } ?? others
        if let log, !logs.isEmpty, !logs.contains(log) {
            throw EventError(
                .logReplaced,
                "consumer group '\(group)' has read the event log \(logs[0]), and this is the event log \(log). "
                    + "Nothing is read until this is settled: see docs/runbook.md#event-log-replaced")
        }
        counters.logs.withLock { $0[partition] = log }
        return known
    }

    /// Why it reads nothing until a person has settled it; `nil` while it reads.
    public var refusal: String? { counters.refusal.withLock { $0 } }

    package func noteRefusal(_ reason: String?) { counters.refusal.withLock { $0 = reason } }

    /// Forgets what was handled and what was set aside, so that all events after `positions` are handled again; a
    /// partition that is not among them begins anew. `reset` belongs to the same transaction: there, a read model is
    /// emptied. A delivery that runs goes back with its next batch.
    public func rewind(
        to positions: [LogPartition: Int64] = [:],
        reset: @escaping @Sendable (any Transaction) async throws -> Void = { _ in }
    ) async throws {
        try await database.transaction { [group, deadLetters] tx in
            try await Positions.forget(group, in: tx)
            try await Inbox.forget(group, in: tx)
            try await DeadLetterTable.forget(group, in: tx)
            for (partition, position) in positions.sorted(by: { $0.key.description < $1.key.description }) {
                try await Positions.put(KnownPosition(position), group: group, partition: partition, in: tx)
            }
            try await reset(tx)
            tx.afterCommit { deadLetters.noteCount(0) }
        }
    }

    /// Returns when all of the batch is settled. Throws `CancellationError`, or when the position was moved back.
    public func handle(_ batch: [LoggedEvent], partition: LogPartition) async throws {
        var remaining = batch[...]
        var count = FailureCount()
        var givingUp: GivenUp?
        var width = batch.count
        while let next = remaining.first {
            try Task.checkCancellation()
            let tried = remaining.prefix(width)
            let attempt = await attempt(tried, partition, givingUp)
            count.add(attempt, of: tried.count)
            remaining = remaining.dropFirst(attempt.done)
            givingUp = nil
            // A transaction that fails as a whole may be one event's fault: alone, it does not hold up those before it.
            width = attempt.error != nil && attempt.done == 0 ? 1 : batch.count
            guard let error = attempt.error else { continue }
            if error is PositionMoved { throw error }
            let isFinal = count.faults > retries && !isPassing(error)
            let delay = isFinal ? .zero : backoff.delay(after: count.failures)
            let failed = remaining.first ?? next
            counters.failures.add(1, ordering: .relaxed)
            onFailure(
                ConsumerFailure(
                    group: group, event: failed.event, position: failed.position, error: error,
                    failures: count.failures, delay: delay, isFinal: isFinal))
            if isFinal {
                givingUp = GivenUp(error: ErrorText.of(error), tries: count.faults)
            } else {
                try await loop.sleep(for: delay)
            }
        }
        await resuming.run(deadLetters)
        await pruning.run(database, handled: batch.count)
    }

    /// As much of the batch as goes, in one transaction.
    private func attempt(
        _ batch: ArraySlice<LoggedEvent>, _ partition: LogPartition, _ givingUp: GivenUp?
    ) async -> Attempt {
        let step = ConsumerStep(
            handlers: handlers, deadLetters: deadLetters, time: loop.now, partition: partition,
            known: counters.positions.withLock { $0[partition] }, log: counters.logs.withLock { $0[partition] },
            givingUp: givingUp)
        do {
            let attempt = try await database.transaction { try await step.run(batch, in: $0) }
            counters.handled.add(attempt.handled, ordering: .relaxed)
            counters.duplicates.add(attempt.duplicates, ordering: .relaxed)
            counters.positions.withLock { $0[partition] = attempt.position }
            if let letters = attempt.deadLetters { deadLetters.noteCount(letters) }
            if attempt.done > 0 { noteProgress() }
            counters.isFailing.store(attempt.error != nil, ordering: .relaxed)
            return attempt
        } catch {
            counters.isFailing.store(true, ordering: .relaxed)
            return Attempt(error: error, isWhole: true)
        }
    }
}

private final class ConsumerCounters: Sendable {
    let handled = Atomic(0)
    let duplicates = Atomic(0)
    let failures = Atomic(0)
    let isFailing = Atomic(false)
    /// When it last got further, or had nothing to do, in the loop's uptime.
    let progress = Mutex(Duration.zero)
    /// As last read or written; the database has the truth.
    let positions = Mutex<[LogPartition: Int64]>([:])
    /// The log that is read now.
    let logs = Mutex<[LogPartition: LogIdentity]>([:])
    let refusal = Mutex<String?>(nil)
    let lags = Mutex<[LogPartition: Int64]>([:])
}
