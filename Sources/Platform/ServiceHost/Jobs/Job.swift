public import Kernel
public import Storage
import Synchronization
import Telemetry

/// Work on rows whose time has come: finds what is due, claims it, works on so many at once, and survives errors.
///
/// A row is due when the time in its field `due` has passed. The work moves that time on, sets it to `nil`, or deletes
/// the row. A job runs in every process of its service. If two processes find the same row, the claim lets one of them
/// begin it; without a claim, the work itself must check in its transaction whether there is still something to do.
public final class Job<Row: Entity>: Sendable {
    public let name: String
    /// Wakes the job, and hands it rows.
    public let trigger: JobTrigger<Row>

    /// Changes the row so that nobody else finds it due for as long as its work can take. Returns `false` if there is
    /// nothing to do. The change is stored by version: the process that comes second does nothing.
    public typealias Claim = @Sendable (inout Row, Timestamp) -> Bool
    public typealias Store = @Sendable (Row, any Transaction) async throws -> Row

    let rows: DueRows<Row>
    let context: ServiceEnvironment
    let plan: JobPlan
    private let claim: Claim?
    private let store: Store
    private let work: @Sendable (Row) async throws -> Void
    let queue: WorkQueue<Item>
    let state: Mutex<State>
    let metrics: JobMetrics

    struct Item: Sendable {
        let row: Row
        let isHanded: Bool
    }
    struct State {
        var book: JobBook<Row>
        /// Where the last look had come to that went beyond the oldest rows; `nil` if it has come to the end.
        var place: DueRows<Row>.Place?
        var roundBegan = Duration.zero
        /// Rows that became due later belong to the next round.
        var roundEnd = Timestamp(milliseconds: 0)
        /// When the oldest row became due that the last look or measurement met.
        var oldestDue: Timestamp?
        var nextMeasure = Duration.zero
        var nextLook = Duration.zero
        var failedLooks = 0
        /// A row was passed over that waits for another one.
        var isBlocked = false
        /// Work has ended since the last look began: it may have moved its row to a time that the look did not see.
        var hasFinished = false
    }

    /// - Parameters:
    ///   - name: for logs and metrics, for example `settle payments`; the service declares the job under the same name.
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
        precondition(
            field.schema.isIndexed && field.schema.type == .integer,
            "\(Row.collection.name) must declare \(plan.due), by which \(name) finds rows, as .time(…, indexed: true)")
        self.name = name
        self.rows = DueRows(rows, plan, due: field.value)
        self.context = context
        self.plan = plan
        self.trigger = trigger
        self.claim = claim
        self.store = store ?? { try await rows.update($0, in: $1) }
        self.work = work
        queue = WorkQueue(atOnce: plan.atOnce, on: context.loop, wakeup: trigger.signal)
        state = Mutex(
            State(book: JobBook(retry: plan.retry, atOnce: plan.atOnce, key: key) { field.value($0).integer ?? 0 }))
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
            await measureIfDue(uptime)
            return plan.interval
        }
        do {
            try await look(room: room)
        } catch {
            noteFailedLook(error)
        }
        return max(state.withLock { $0.nextLook } - context.loop.uptime, .zero)
    }

    /// While all places are taken, nothing is looked for; how late the job is then matters most.
    private func measureIfDue(_ uptime: Duration) async {
        guard state.withLock({ uptime >= $0.nextMeasure }) else { return }
        do { try await measure() } catch { noteFailedLook(error) }
    }

    private func noteFailedLook(_ error: any Error) {
        let uptime = context.loop.uptime
        let oldest = state.withLock { state in
            state.failedLooks += 1
            state.nextLook = uptime + min(plan.interval, plan.retry.delay(after: state.failedLooks))
            state.nextMeasure = state.nextLook
            return state.oldestDue
        }
        // As far as is known, it still waits.
        if let oldest { metrics.oldest.set((context.loop.now - plan.lateness - oldest).seconds) }
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
        var (isClaimed, ending) = (item.isHanded, JobBook<Row>.Ending.done)
        do {
            if let row = item.isHanded ? item.row : try await claimed(item.row) {
                isClaimed = isClaimed || claim != nil
                metrics.runs.increment()
                try await work(row)
                metrics.duration.observe((context.loop.uptime - start).seconds)
            }
        } catch let error as StorageError where error.code == .versionConflict {
            // Somebody else was faster, in this process or in another one.
            ending = .conflicted
            metrics.conflicts.increment()
        } catch {
            ending = .failed
            note(error, item.row)
        }
        finish(item.row, isClaimed: isClaimed, ending)
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

    private func finish(_ row: Row, isClaimed: Bool, _ ending: JobBook<Row>.Ending) {
        let now = context.loop.now - plan.lateness
        let soon = context.loop.uptime + JobPlan.rest
        let wakes = state.withLock { state in
            if isClaimed {
                state.book.finish(claimed: row)
            } else {
                state.book.finish(row, ending, at: now)
            }
            let isWanted = state.isBlocked || ending == .conflicted
            state.isBlocked = false
            state.hasFinished = true
            if isWanted { state.nextLook = .zero }
            // The work may have moved its row to a time before the next look.
            guard plan.isPunctual, state.nextLook > soon else { return isWanted }
            state.nextLook = soon
            return true
        }
        if wakes { trigger.signal.raise() }
    }
}
