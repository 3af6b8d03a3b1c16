/// Keeps what was prepared on one connection by its text. At the limit, the statement that was used longest ago makes
/// room for the next: texts are few, but for the conditions and orders that callers may choose.
///
/// Inlinable, so that a driver has it for its own kind of statement: it is asked for every statement that is run.
package struct StatementCache<Statement> {
    @usableFromInline
    final class Entry {
        @usableFromInline let statement: Statement
        @usableFromInline var lastUse: UInt64

        @inlinable
        init(_ statement: Statement, lastUse: UInt64) {
            self.statement = statement
            self.lastUse = lastUse
        }
    }
    @usableFromInline var entries: [String: Entry] = [:]
    @usableFromInline var uses: UInt64 = 0
    @usableFromInline let limit: Int

    /// The limit of every driver.
    @inlinable package static var defaultLimit: Int { 256 }

    @inlinable
    package init(limit: Int = defaultLimit) {
        precondition(limit > 0)
        self.limit = limit
    }

    @inlinable package var count: Int { entries.count }

    /// The statement of that text, which counts as a use.
    @inlinable
    package mutating func find(_ sql: String) -> Statement? {
        guard let entry = entries[sql] else { return nil }
        uses += 1
        entry.lastUse = uses
        return entry.statement
    }

    /// Keeps a statement; returns the one that made room for it.
    @inlinable
    package mutating func insert(_ statement: Statement, for sql: String) -> Statement? {
        uses += 1
        let replaced = entries.updateValue(Entry(statement, lastUse: uses), forKey: sql)
        if let replaced { return replaced.statement }
        guard entries.count > limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
            return nil
        }
        entries[oldest.key] = nil
        return oldest.value.statement
    }

    /// Drops the statement of that text: the server did not take it.
    @inlinable
    package mutating func remove(_ sql: String) { entries[sql] = nil }

    @inlinable
    package mutating func removeAll() { entries.removeAll() }
}
