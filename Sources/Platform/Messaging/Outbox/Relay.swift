public import Kernel
public import Storage
import Synchronization

/// Brings what waits in the outbox to the event log: in order, each at least once. A row is deleted only when the log
/// has its event durably, so that a crash between the two repeats an event and loses none.
public final class Relay: Sendable {
    public typealias FailureHook = @Sendable (_ error: any Error, _ failures: Int, _ delay: Duration) -> Void

    private let outbox: Outbox
    private let database: any Database
    private let log: any EventLog
    private let loop: any Loop
    private let keepsPublished: Bool
    private let onFailure: FailureHook
    private let batchSize = 256
    private let backoff = RetryPolicy.exponential(from: .milliseconds(50), cap: .seconds(10))
    private let counters = Counters()

    /// `keepsPublished` says whether the database has the collection of `PublishedEvents`. `onFailure` hears each failed
    /// try, how many there were in a row, and how long the relay waits now.
    public init(
        outbox: Outbox, database: any Database, log: any EventLog, loop: any Loop, keepsPublished: Bool = false,
        onFailure: @escaping FailureHook = { _, _, _ in }
    ) {
        self.outbox = outbox
        self.database = database
        self.log = log
        self.loop = loop
        self.keepsPublished = keepsPublished
        self.onFailure = onFailure
    }

    /// How many events it has brought to the log.
    public var relayed: Int { counters.relayed.load(ordering: .relaxed) }

    /// How many tries failed.
    public var failures: Int { counters.failures.load(ordering: .relaxed) }

    /// How many events wait.
    public var depth: Int { outbox.depth }

    /// How long the oldest event has been waiting, as of the last look.
    public var age: Duration {
        let since = counters.oldest.load(ordering: .relaxed)
        return since == 0 ? .zero : loop.now - Timestamp(milliseconds: since)
    }

    /// Works until the task is cancelled. Errors of the log and of the database are waited out.
    public func run() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                let count = try await relayBatch()
                failures = 0
                if keepsPublished { try await prune() }
                // Looks again now and then: another process may have appended.
                if count < batchSize { await outbox.signal.wait(on: loop, atMost: .seconds(1)) }
            } catch {
                failures += 1
                let delay = backoff.delay(after: failures)
                counters.failures.add(1, ordering: .relaxed)
                onFailure(error, failures, delay)
                try? await loop.sleep(for: delay)
            }
        }
    }

    /// Brings all that waits now to the log, once; for a graceful stop and for tools. Gives the number of events.
    @discardableResult
    public func flush() async throws -> Int {
        var total = 0
        while true {
            let count = try await relayBatch()
            total += count
            if count < batchSize { return total }
        }
    }

    private func relayBatch() async throws -> Int {
        let (limit, mark, mayCount) = (batchSize, outbox.mark, counters.mayCount(at: loop.uptime))
        let (rows, waiting) = try await database.read(.vital) { tx -> ([Record], Int?) in
            let rows = try await tx.query(Outbox.schema, Query(sort: [Sort("id")], limit: limit))
            guard rows.count == limit else { return (rows, rows.count) }
            return (rows, mayCount ? try await tx.count(Outbox.schema, where: []) : nil)
        }
        if let waiting { outbox.counted(waiting, since: mark) }
        guard !rows.isEmpty else {
            counters.oldest.store(0, ordering: .relaxed)
            return 0
        }
        let events = rows.map(Outbox.event)
        counters.oldest.store(events[0].time.milliseconds, ordering: .relaxed)
        do {
            try await log.append(events)
        } catch let error as PartlyAppended {
            try await finish(error.taken.map { rows[$0] })
            throw error.cause
        }
        try await finish(rows)
        counters.oldest.store(0, ordering: .relaxed)
        return rows.count
    }

    /// The log has the events of these rows.
    private func finish(_ rows: [Record]) async throws {
        try await database.transaction { [keepsPublished] tx in
            if keepsPublished { try await PublishedEvents.keep(rows, in: tx) }
            try await tx.deleteAll(ids: rows.map(\.id), from: Outbox.schema)
        }
        counters.relayed.add(rows.count, ordering: .relaxed)
        outbox.relayed(rows.count)
    }

    /// Lets go of events that are old enough, now and then.
    private func prune() async throws {
        guard counters.mayPrune(at: loop.uptime) else { return }
        let limit = loop.now - PublishedEvents.keeping
        while try await database.transaction({ try await PublishedEvents.prune(before: limit, in: $0) }) {}
    }
}

private final class Counters: Sendable {
    private let countAgain = Mutex(Duration.zero)
    private let pruneAgain = Mutex(Duration.zero)
    let relayed = Atomic(0)
    let failures = Atomic(0)
    let oldest = Atomic<Int64>(0)

    /// Soon after the start, then every ten minutes.
    func mayPrune(at time: Duration) -> Bool {
        pruneAgain.withLock { pruneAgain in
            if pruneAgain == .zero { pruneAgain = time + .seconds(60) }
            guard time >= pruneAgain else { return false }
            pruneAgain = time + .seconds(600)
            return true
        }
    }

    /// An engine may look at every row to count them, which for many rows must not be done with every batch.
    func mayCount(at time: Duration) -> Bool {
        countAgain.withLock { countAgain in
            guard time >= countAgain else { return false }
            countAgain = time + .seconds(5)
            return true
        }
    }
}
