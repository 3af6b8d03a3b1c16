import Kernel
import Storage
import Synchronization
import Telemetry

/// How a job finds its rows: those that may be tried again, then the oldest, and behind those that cannot be begun now, a
/// bounded number more from the place where the last look had come to. So a look costs the same whatever waits.
///
/// A round goes through all rows that were due when it began, and the next one begins five seconds after it at the
/// earliest. So every row that is due is looked at in each round, however many become due meanwhile; and a row that was
/// tried in vain is tried again after those whose time came before.
extension Job {
    struct Look {
        let now: Timestamp
        /// Places that are free.
        var left: Int
        /// Rows for places that no other one wants.
        var aside: [Row] = []
        /// The first row that is not due yet, if one was met.
        var next: Row?
        /// It had not come to the last row that is due.
        var isUnfinished = false
    }

    func look(room: Int) async throws {
        var look = Look(now: context.loop.now - plan.lateness, left: min(room, plan.batch))
        let limit = state.withLock { state in
            (state.hasFinished, state.isBlocked) = (false, false)
            return look.left + state.book.inTheWay
        }
        let found = try await rows.oldest(limit, at: look.now)
        note(oldest: found.first.flatMap { isDue($0, at: look.now) ? rows.dueTime(of: $0) : nil }, at: look.now)
        forget(except: found, until: found.count == limit ? found.last : nil)
        try await beginRetries(&look)
        _ = begin(found, fromStart: true, &look)
        if let last = found.last, found.count == limit, isDue(last, at: look.now) {
            if look.left > 0 { try await lookFurther(from: rows.place(of: last), &look) }
        } else {
            beginRound()
        }
        fill(&look)
        settle(look)
    }

    /// Begins rows that may be tried again, wherever they are among those that are due.
    private func beginRetries(_ look: inout Look) async throws {
        let now = look.now
        let waiting = state.withLock { $0.book.retries(atMost: JobPlan.retriesRead, at: now) }
        guard !waiting.isEmpty else { return }
        let found = try await rows.find(waiting.map(\.id), at: now)
        let ids = Set(found.map(\.id))
        state.withLock { $0.book.forget(waiting.filter { !ids.contains($0.id) }) }
        _ = begin(found, fromStart: true, areRetries: true, &look)
    }

    /// Measures how late the job is, where it has no room to look for more.
    func measure() async throws {
        let now = context.loop.now - plan.lateness
        let first = try await rows.oldest(1, at: now).first
        note(oldest: first.flatMap { isDue($0, at: now) ? rows.dueTime(of: $0) : nil }, at: now)
    }

    func isDue(_ row: Row, at now: Timestamp) -> Bool { rows.age(of: row, at: now) >= .zero }

    /// Goes on behind the place of the last look, or behind the oldest rows, whichever is later.
    private func lookFurther(from oldest: DueRows<Row>.Place, _ look: inout Look) async throws {
        var place = state.withLock { state in
            let known = state.place.flatMap { ($0.due.integer ?? 0) >= (oldest.due.integer ?? 0) ? $0 : nil }
            return known ?? oldest
        }
        var (read, size) = (0, max(16, look.left))
        while look.left > 0, read < JobPlan.maximumRead {
            let limit = min(size, JobPlan.maximumRead - read)
            let found = try await rows.following(place, limit, at: look.now)
            forget(except: found, after: place, until: found.count == limit ? found.last : nil)
            let considered = begin(found, fromStart: false, &look)
            if considered > 0 { place = rows.place(of: found[considered - 1]) }
            read += found.count
            size *= 2
            state.withLock { $0.place = place }
            guard found.count == limit, considered == found.count else {
                if look.left > 0 || isBehindRound(place) { endRound() }
                return
            }
        }
        if isBehindRound(place) { endRound() }
        look.isUnfinished = look.left > 0
        if state.withLock({ $0.book.needsNewRound }) { beginRound() }
    }

    /// Begins what can be begun, and hands it to the queue. Returns how many rows were considered.
    private func begin(_ found: [Row], fromStart: Bool, areRetries: Bool = false, _ look: inout Look) -> Int {
        let due = Array(found.prefix { isDue($0, at: look.now) })
        if due.count < found.count { look.next = found[due.count] }
        let choice = state.withLock { state in
            let choice = state.book.begin(
                due, atMost: look.left, at: look.now, fromStart: fromStart, areRetries: areRetries)
            if choice.isBlocked { state.isBlocked = true }
            return choice
        }
        look.left -= choice.rows.count
        look.aside += choice.aside
        for row in choice.rows { queue.add(Item(row: row, isHanded: false)) }
        return choice.considered
    }

    private func forget(except found: [Row], after place: DueRows<Row>.Place? = nil, until last: Row?) {
        let lower = place?.due.integer ?? .min
        let upper = last.flatMap { rows.dueTime(of: $0)?.milliseconds } ?? .max
        state.withLock { $0.book.forget(except: found, after: lower, before: upper) }
    }

    private func fill(_ look: inout Look) {
        let (aside, left) = (look.aside, look.left)
        let begun = state.withLock { $0.book.begin(aside: aside, atMost: left) }
        look.left -= begun.count
        for row in begun { queue.add(Item(row: row, isHanded: false)) }
    }

    /// The last row that is due was reached. What lies before it is gone through again after a while; until then only what
    /// has become due is read.
    private func endRound() {
        let uptime = context.loop.uptime
        if state.withLock({ uptime - $0.roundBegan >= JobPlan.roundPause }) { beginRound() }
    }

    /// Whether all rows that were due when the round began lie before the place. To go on to the last row that is due
    /// would take as long as rows become due faster than they are worked on.
    private func isBehindRound(_ place: DueRows<Row>.Place) -> Bool {
        let end = state.withLock { $0.roundEnd }
        return (place.due.integer ?? 0) > end.milliseconds
    }

    private func beginRound() {
        let (uptime, now) = (context.loop.uptime, context.loop.now - plan.lateness)
        state.withLock { state in
            (state.place, state.roundBegan, state.roundEnd) = (nil, uptime, now)
            state.book.beginRound()
        }
    }

    private func settle(_ look: Look) {
        let uptime = context.loop.uptime
        state.withLock { state in
            state.failedLooks = 0
            let mayHaveMoved = plan.isPunctual && state.hasFinished
            let round = state.place == nil ? plan.interval : max(state.roundBegan + JobPlan.roundPause - uptime, .zero)
            let pause = min(plan.interval, look.isUnfinished ? JobPlan.passingPause : round + JobPlan.passingPause)
            let wait = mayHaveMoved ? JobPlan.rest : wait(look.now, next: look.next, state)
            state.nextLook = look.left == 0 ? .zero : uptime + min(pause, wait)
        }
        // More may wait: they are looked for as soon as there is room.
        if look.left == 0 { queue.wantRoom() }
    }

    private func wait(_ now: Timestamp, next: Row?, _ state: State) -> Duration {
        guard plan.isPunctual else { return plan.interval }
        let times = [next.flatMap { rows.dueTime(of: $0) }, state.book.nextTry(after: now)].compactMap { $0 }
        return times.map { min(max($0 - now, .milliseconds(1)), plan.interval) }.min() ?? plan.interval
    }

    private func note(oldest: Timestamp?, at now: Timestamp) {
        let uptime = context.loop.uptime
        state.withLock { ($0.oldestDue, $0.nextMeasure) = (oldest, uptime + plan.interval) }
        metrics.oldest.set(oldest.map { (now - $0).seconds } ?? 0)
    }
}
