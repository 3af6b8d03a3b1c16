public import Kernel
public import Storage
import Synchronization
import Telemetry

/// Work on rows whose time has come: finds what is due, claims it, works on so many at once, and survives errors.
///
/// A row is due when the time in its field `due` has passed. The work either moves that time on or takes it away. A job
/// runs in every process of its service; of two that find the same row, the claim lets one begin it. Without `claim`, the
/// work itself must find out in its transaction whether there is still something to do.
public final class Job<Row: Entity>: Sendable {
    public let name: String
    /// Wakes the job, and hands it rows.
    public let trigger: JobTrigger<Row>

    /// Changes the row so that nobody else finds it due for as long as its work can take. `false` if there is nothing to
    /// do. The change is stored by version: who comes second does nothing.
    public typealias Claim = @Sendable (inout Row, Timestamp) -> Bool
    public typealias Store = @Sendable (Row, any Transaction) async throws -> Row

    let rows: Repository<Row>
    let context: ServiceEnvironment
    let plan: JobPlan
    private let claim: Claim?
    private let store: Store
    private let work: @Sendable (Row) async throws -> Void
    private let due: @Sendable (Row) -> FieldValue
    private let queue: WorkQueue<Item>
    private let state: Mutex<State>
    private let metrics: JobMetrics

    struct Item: Sendable {
        let row: Row
        let isHanded: Bool
    }
    private struct State {
        var book: JobBook<Row>
        var nextLook = Duration.zero
        var failedLooks = 0
        /// A row was passed over that waits for another one.
        var isBlocked = false
        /// Work has ended since the last look began: it may have moved its row to a time that the look did not see.
        var hasFinished = false
    }

    /// - Parameters:
    ///   - name: for logs and metrics, for example `settle payments`.
    ///   - key: rows with an equal key are worked on one after the other, by the time at which they are due.
    ///   - claim: see `Claim`.
    ///   - store: stores a claimed row, where more belongs to that than its update.
    ///   - work: one row's work. After an error the row is tried again by the plan's `retry`, unless the claim or the work
    ///     has moved it to another time.
    public init(
        _ name: String, in rows: Repository<Row>, _ context: ServiceEnvironment, _ plan: JobPlan,
        trigger: JobTrigger<Row> = JobTrigger(), key: (@Sendable (Row) -> String)? = nil,
        claim: Claim? = nil, store: Store? = nil, work: @escaping @Sendable (Row) async throws -> Void
    ) {
        guard let field = Row.collection.fields.first(where: { $0.schema.name == plan.due }) else {
            preconditionFailure("\(Row.collection.name) declares no field \(plan.due), by which \(name) finds its rows")
        }
        self.name = name
        self.rows = rows
        self.context = context
        self.plan = plan
        self.trigger = trigger
        self.claim = claim
        self.store = store ?? { try await rows.update($0, in: $1) }
        self.work = work
        due = field.value
        queue = WorkQueue(atOnce: plan.atOnce, on: context.loop, wakeup: trigger.signal)
        state = Mutex(State(book: JobBook(retry: plan.retry, key: key)))
        metrics = JobMetrics(name, context.metrics)
    }

    /// For the parts of a service.
    public var background: ServiceParts.Background {
        .init(name) {
            await self.queue.run(refill: { await self.refill(room: $0) }) { await self.perform($0) }
            try Task.checkCancellation()
        }
    }

    // MARK: Finding

    /// Returns how long nothing needs to be looked for.
    private func refill(room: Int) async -> Duration? {
        for row in trigger.takeHanded() {
            state.withLock { $0.book.begin(handed: row) }
            if !queue.add(Item(row: row, isHanded: true)) { state.withLock { $0.book.finish(claimed: row) } }
        }
        let uptime = context.loop.uptime
        if trigger.takeWish() { state.withLock { $0.nextLook = uptime } }
        let nextLook = state.withLock { $0.nextLook }
        guard uptime >= nextLook else { return nextLook - uptime }
        guard room > 0 else {
            queue.wantRoom()
            return plan.interval
        }
        do {
            try await look(room: room)
        } catch {
            noteFailedLook(error)
        }
        return max(state.withLock { $0.nextLook } - context.loop.uptime, .zero)
    }

    private func look(room: Int) async throws {
        let now = context.loop.now - plan.lateness
        let wanted = min(room, plan.batch)
        let held = state.withLock { state in
            state.hasFinished = false
            return state.book.held(at: now)
        }
        let limit = wanted + min(held, JobPlan.maximumHeld)
        // A punctual job also reads what is due before its next look, so that it wakes in time for that.
        let end = plan.isPunctual ? now + plan.interval : now
        let found = try await rows.all(
            Query(
                where: [.lessOrEqual(plan.due, FieldValue(end))] + plan.conditions(now), sort: [Sort(plan.due)],
                limit: limit))
        let dueRows = found.prefix { isDue($0, at: now) }
        metrics.oldest.set(dueRows.first.map { age(of: $0, at: now).seconds } ?? 0)
        let begun = state.withLock { state in
            let begun = state.book.begin(Array(dueRows), atMost: wanted, at: now)
            state.failedLooks = 0
            state.isBlocked = begun.isBlocked
            let next = dueRows.count < found.count ? found[dueRows.count] : nil
            let mayHaveMoved = plan.isPunctual && state.hasFinished
            state.nextLook = context.loop.uptime + (mayHaveMoved ? JobPlan.rest : wait(now, next: next, state))
            return begun.rows
        }
        if dueRows.count == limit || begun.count == wanted, !begun.isEmpty {
            // More may wait: they are looked for as soon as there is room.
            state.withLock { $0.nextLook = .zero }
            queue.wantRoom()
        }
        for row in begun { queue.add(Item(row: row, isHanded: false)) }
    }

    private func wait(_ now: Timestamp, next: Row?, _ state: State) -> Duration {
        guard plan.isPunctual else { return plan.interval }
        let times = [next.map { now - age(of: $0, at: now) }, state.book.nextTry(after: now)].compactMap { $0 }
        return times.map { min(max($0 - now, .milliseconds(1)), plan.interval) }.min() ?? plan.interval
    }

    private func isDue(_ row: Row, at now: Timestamp) -> Bool { age(of: row, at: now) >= .zero }

    private func age(of row: Row, at now: Timestamp) -> Duration {
        now - (due(row).integer.map { Timestamp(milliseconds: $0) } ?? now)
    }

    private func noteFailedLook(_ error: any Error) {
        let uptime = context.loop.uptime
        state.withLock { state in
            state.failedLooks += 1
            state.nextLook = uptime + min(plan.interval, plan.retry.delay(after: state.failedLooks))
        }
        guard !Task.isCancelled else { return }
        metrics.failures.increment()
        context.log.warning(
            "a job could not read what is due; it looks again", metadata: ["job": .string(name), .error: .error(error)])
    }

    // MARK: Working

    /// Where the plan allows for it, goes on for a while when the service stops.
    private func perform(_ item: Item) async {
        guard let grace = plan.shutdownGrace else { return await performNow(item) }
        let task = context.loop.start { await self.performNow(item) }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            context.loop.schedule(after: grace) { task.cancel() }
        }
    }

    private func performNow(_ item: Item) async {
        let start = context.loop.uptime
        var (isClaimed, hasFailed) = (item.isHanded, false)
        do {
            if let row = item.isHanded ? item.row : try await claimed(item.row) {
                isClaimed = isClaimed || claim != nil
                metrics.runs.increment()
                try await work(row)
                metrics.duration.observe((context.loop.uptime - start).seconds)
            }
        } catch {
            hasFailed = true
            note(error, item.row)
        }
        finish(item.row, isClaimed: isClaimed, hasFailed: hasFailed)
    }

    /// `nil` when somebody else has it, or there is nothing to do.
    private func claimed(_ row: Row) async throws -> Row? {
        guard let claim else { return row }
        var changed = row
        guard claim(&changed, context.loop.now) else { return nil }
        do {
            return try await context.transaction { [changed, store] tx in try await store(changed, tx) }
        } catch let error as StorageError where error.code == .versionConflict {
            return nil
        }
    }

    /// One row's error holds up nothing but that row.
    private func note(_ error: any Error, _ row: Row) {
        guard !Task.isCancelled else { return }
        metrics.failures.increment()
        context.log.warning(
            "a job could not do its work on a row this time; it tries again",
            metadata: ["job": .string(name), "row": .string(row.id), .error: .error(error)])
    }

    private func finish(_ row: Row, isClaimed: Bool, hasFailed: Bool) {
        let now = context.loop.now - plan.lateness
        let soon = context.loop.uptime + JobPlan.rest
        let wakes = state.withLock { state in
            if isClaimed {
                state.book.finish(claimed: row)
            } else {
                state.book.finish(row, hasFailed: hasFailed, at: now)
            }
            defer { state.isBlocked = false }
            state.hasFinished = true
            if state.isBlocked { state.nextLook = .zero }
            // The work may have moved its row to a time before the next look.
            guard plan.isPunctual, state.nextLook > soon else { return state.isBlocked }
            state.nextLook = soon
            return true
        }
        if wakes { trigger.signal.raise() }
    }
}
