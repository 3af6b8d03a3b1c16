import Kernel
import Storage

/// The rows of a job that are under way, and those that it has tried in vain: the job's decisions without lock, task or
/// database.
struct JobBook<Row: Entity>: Sendable {
    private struct Try: Sendable {
        let version: Int64
        let failures: Int
        let notBefore: Timestamp
        /// One that was not found again by then was dealt with by others.
        let forgottenAt: Timestamp
    }
    /// Beyond so many, rows are not remembered: they are found again at the job's interval.
    private static var capacity: Int { 10_000 }
    let retry: RetryPolicy
    /// Rows with an equal key are worked on one after the other.
    private let key: (@Sendable (Row) -> String)?
    private var underWay: [String: Int] = [:]
    private var tries: [String: Try] = [:]

    init(retry: RetryPolicy, key: (@Sendable (Row) -> String)?) {
        self.retry = retry
        self.key = key
    }

    /// Rows that a look may find and that are not to be begun now.
    func held(at now: Timestamp) -> Int {
        underWay.count + tries.count { $0.value.notBefore > now }
    }

    /// The first time at which a row may be tried again that was tried in vain.
    func nextTry(after now: Timestamp) -> Timestamp? {
        tries.values.lazy.map(\.notBefore).filter { $0 > now }.min()
    }

    /// Begins rows that were found due, at most so many. `isBlocked` tells that one waits for another of its key.
    mutating func begin(_ found: [Row], atMost limit: Int, at now: Timestamp) -> (rows: [Row], isBlocked: Bool) {
        tries = tries.filter { $0.value.forgottenAt > now }
        var (rows, isBlocked) = ([Row](), false)
        for row in found where rows.count < limit {
            let key = place(of: row)
            guard underWay[key] == nil else {
                isBlocked = self.key != nil
                continue
            }
            if let last = tries[row.id], last.version == row.version, last.notBefore > now { continue }
            underWay[key] = 1
            rows.append(row)
        }
        return (rows, isBlocked)
    }

    /// Begins a row whatever else is under way.
    mutating func begin(handed row: Row) { underWay[place(of: row), default: 0] += 1 }

    /// Ends one. A row that stays due and unchanged, after an error or without one, is left alone for a while, so that it
    /// does not hold up others.
    mutating func finish(_ row: Row, hasFailed: Bool, at now: Timestamp) {
        leave(row)
        let last = tries[row.id].flatMap { $0.version == row.version ? $0 : nil }
        guard last != nil || tries.count < Self.capacity else { return }
        let failures = (last?.failures ?? 0) + 1
        let next = now + retry.delay(after: failures)
        tries[row.id] = Try(
            version: row.version, failures: failures, notBefore: next,
            forgottenAt: hasFailed ? next + retry.maximumDelay : next)
    }

    /// Ends one that the job had claimed: it is changed, and due when its claim says.
    mutating func finish(claimed row: Row) {
        leave(row)
        tries[row.id] = nil
    }

    private func place(of row: Row) -> String { key?(row) ?? row.id }

    private mutating func leave(_ row: Row) {
        let key = place(of: row)
        underWay[key] = underWay[key].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}
