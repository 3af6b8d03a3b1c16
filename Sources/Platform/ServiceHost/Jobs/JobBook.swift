import Kernel
import Storage

/// The rows of a job that are under way, and those that it has tried in vain: the job's decisions without lock, task or
/// database.
struct JobBook<Row: Entity>: Sendable {
    enum Ending: Sendable {
        case done
        case failed
        /// Somebody else changed what the work was about: that is looked at again.
        case conflicted
    }
    /// Rows that are begun, out of some that were found.
    struct Choice: Sendable {
        var rows: [Row] = []
        /// Rows that were tried before and give way to others. They are begun if places stay free.
        var aside: [Row] = []
        /// How many of the rows found were considered until all places were taken.
        var considered = 0
        /// Whether a row waits for another one of its key.
        var isBlocked = false
    }
    private struct Try: Sendable {
        let version: Int64
        let failures: Int
        let notBefore: Timestamp
        /// The time at which the row was due, in milliseconds: there a look finds it again unless somebody has dealt
        /// with it.
        let due: Int64
        /// The row's key if its work failed: later rows of the key wait for it.
        let heldKey: String?
    }
    /// How many rows are remembered. Others are found again in the next round.
    private static var capacity: Int { 10_000 }
    let retry: RetryPolicy
    private let atOnce: Int
    /// Rows with an equal key are worked on one after the other.
    private let key: (@Sendable (Row) -> String)?
    private let due: @Sendable (Row) -> Int64
    private var underWay: [String: Int] = [:]
    private var tries: [String: Try] = [:]
    /// The rows under way that were tried before.
    private var retrying: Set<String> = []
    /// Whether the row begun last had been tried before: with one place, the two kinds take turns.
    private var wasRetry = false
    /// Keys of which a row was passed over in this round. Their later rows wait, or they would overtake it.
    private var passed: Set<String> = []

    /// `due` is the time at which a row is due, in milliseconds.
    init(
        retry: RetryPolicy, atOnce: Int = 16, key: (@Sendable (Row) -> String)?,
        due: @escaping @Sendable (Row) -> Int64 = { _ in 0 }
    ) {
        self.retry = retry
        self.atOnce = atOnce
        self.key = key
        self.due = due
    }

    /// How many rows under way a look may find among the oldest ones: at most as many as there are places.
    var inTheWay: Int { min(underWay.count, atOnce) }

    /// The first time at which a row may be tried again that was tried in vain.
    func nextTry(after now: Timestamp) -> Timestamp? {
        tries.values.lazy.map(\.notBefore).filter { $0 > now }.min()
    }

    /// Begins a round through the rows that are due.
    mutating func beginRound() { passed = [] }

    /// Whether so many keys were passed over that the round should begin anew.
    var needsNewRound: Bool { passed.count > 2 * Self.capacity }

    /// Returns at most `limit` rows that may be tried again now, each with the time since when, in the order of these
    /// times.
    func retries(atMost limit: Int, at now: Timestamp) -> [(id: String, notBefore: Timestamp)] {
        let waiting = tries.filter {
            $1.notBefore <= now && !retrying.contains($0) && (key != nil || underWay[$0] == nil)
        }
        let order = waiting.sorted { ($0.value.notBefore, $0.key) < ($1.value.notBefore, $1.key) }
        return order.prefix(limit).map { ($0.key, $0.value.notBefore) }
    }

    /// Forgets rows tried in vain that are not due any more, unless they were tried once more since they were listed.
    mutating func forget(_ listed: some Sequence<(id: String, notBefore: Timestamp)>) {
        for entry in listed where tries[entry.id]?.notBefore == entry.notBefore { tries[entry.id] = nil }
    }

    /// Forgets rows tried in vain that somebody has dealt with: `found` are all rows that are due between the two times, in
    /// milliseconds. Rows of the two times themselves may be missing among them.
    mutating func forget(except found: [Row], after lower: Int64 = .min, before upper: Int64 = .max) {
        guard !tries.isEmpty else { return }
        let ids = Set(found.map(\.id))
        tries = tries.filter { !(lower < $1.due && $1.due < upper) || ids.contains($0) }
    }

    /// Begins at most `limit` of the rows that were found due. `fromStart` says that no due row lies before them, so
    /// that the first row of a key is its oldest. `areRetries` says that they come in the order of their retries, so
    /// that a row that has to wait holds up no other of its key.
    mutating func begin(
        _ found: [Row], atMost limit: Int, at now: Timestamp, fromStart: Bool = true, areRetries: Bool = false
    ) -> Choice {
        var choice = Choice()
        let holders = holders
        var held = fromStart ? [] : passed
        for row in found {
            guard choice.rows.count < limit else { break }
            choice.considered += 1
            let key = place(of: row)
            let isFree = underWay[key] == nil && !held.contains(key)
            guard isFree, (holders[key] ?? row.id) == row.id else {
                choice.isBlocked = choice.isBlocked || (self.key != nil && !isFree)
                if !areRetries { pass(key, &held) }
                continue
            }
            if let last = tries[row.id], last.version == row.version {
                guard last.notBefore <= now else {
                    // After an error, later rows of the key wait for this one. If its work had nothing to do, they do not.
                    if last.heldKey != nil { pass(key, &held) }
                    continue
                }
                guard retrying.count < (wasRetry ? atOnce : atOnce + 1) / 2 else {
                    choice.aside.append(row)
                    pass(key, &held)
                    continue
                }
                retrying.insert(row.id)
                wasRetry = true
            } else {
                wasRetry = false
            }
            underWay[key] = 1
            choice.rows.append(row)
        }
        return choice
    }

    /// Rows whose work failed, by their keys.
    private var holders: [String: String] {
        guard key != nil else { return [:] }
        return tries.reduce(into: [:]) { holders, entry in
            if let key = entry.value.heldKey { holders[key] = entry.key }
        }
    }

    private mutating func pass(_ key: String, _ held: inout Set<String>) {
        guard self.key != nil else { return }
        held.insert(key)
        passed.insert(key)
    }

    /// Begins rows that gave way to others, as long as places are free.
    mutating func begin(aside rows: [Row], atMost limit: Int) -> [Row] {
        var begun: [Row] = []
        for row in rows where begun.count < limit && underWay[place(of: row)] == nil {
            underWay[place(of: row)] = 1
            retrying.insert(row.id)
            wasRetry = true
            begun.append(row)
        }
        return begun
    }

    /// Begins a row whatever else is under way.
    mutating func begin(handed row: Row) { underWay[place(of: row), default: 0] += 1 }

    /// Ends the work on a row. A row that stays due and unchanged, after an error or without one, is left alone for a
    /// while, so that it does not hold up others. After its first conflict it may be begun at once.
    mutating func finish(_ row: Row, _ ending: Ending, at now: Timestamp) {
        leave(row)
        let last = tries[row.id].flatMap { $0.version == row.version ? $0 : nil }
        guard last != nil || tries.count < Self.capacity else { return }
        let isFirstConflict = ending == .conflicted && last == nil
        let failures = isFirstConflict ? 0 : (last?.failures ?? 0) + 1
        let next = isFirstConflict ? now : now + retry.delay(after: failures)
        tries[row.id] = Try(
            version: row.version, failures: failures, notBefore: next, due: due(row),
            heldKey: ending == .done ? nil : place(of: row))
    }

    /// Ends the work on a row that the job had claimed: the claim has moved the time at which it is due.
    mutating func finish(claimed row: Row) {
        leave(row)
        tries[row.id] = nil
    }

    private func place(of row: Row) -> String { key?(row) ?? row.id }

    private mutating func leave(_ row: Row) {
        let key = place(of: row)
        retrying.remove(row.id)
        underWay[key] = underWay[key].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}
