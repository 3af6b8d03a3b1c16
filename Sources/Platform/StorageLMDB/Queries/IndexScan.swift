import CLMDB
import Storage

/// Which rows are looked at, and in which order: those of an index, or all by their id.
///
/// Bounds are inclusive and as coarse as keys are; the conditions themselves are asked of every row.
struct IndexScan {
    /// Lowest and highest key; `nil` if there is no bound.
    struct Bounds {
        var lower: [UInt8]?
        var upper: [UInt8]?
        var isOneKey: Bool { lower != nil && lower == upper }
    }
    let index: StoredCollection.Index?
    let bounds: Bounds
    var isDescending = false
    /// How much of the query's order comes with the scan.
    var order = Order.none

    enum Order {
        case none
        /// Keys come as the query wants them, rows of one key in any order.
        case keys
        /// All of it: value, then id.
        case rows
    }

    init(_ index: StoredCollection.Index?, _ bounds: Bounds) {
        self.index = index
        self.bounds = bounds
    }
}

/// A scan under way.
struct Walker {
    let cursor: Cursor
    let scan: IndexScan
    private var isIndex: Bool { scan.index != nil }

    /// Calls `visit` with each entry within the bounds until it gives `false`. In an index, the ids of one value always
    /// come ascending, however the values come.
    func run(_ visit: (Cursor.Entry) throws -> Bool) throws {
        var entry = try first()
        while let found = entry {
            let key = SortableKey.prefix(found.key)
            if let lower = scan.bounds.lower, lower.withUnsafeBytes({ key.order(to: $0) }) < 0 { return }
            if let upper = scan.bounds.upper, upper.withUnsafeBytes({ key.order(to: $0) }) > 0 { return }
            guard try visit(found) else { return }
            entry = try next()
        }
    }

    private func first() throws -> Cursor.Entry? {
        guard scan.isDescending else { return try scan.bounds.lower.map(cursor.seek) ?? cursor.move(MDB_FIRST) }
        // From the first key beyond the bound, one back.
        if let upper = scan.bounds.upper {
            let beyond = upper.count < SortableKey.length ? [0] : [UInt8](repeating: 0xFF, count: 8)
            if try cursor.seek(upper + beyond) != nil { return try previous() }
        }
        // Sought by its key: from the last entry on, LMDB knows of no next value.
        return try cursor.move(MDB_LAST).flatMap { try cursor.seek(Array($0.key)) }
    }

    private func next() throws -> Cursor.Entry? {
        guard scan.isDescending else { return try cursor.move(MDB_NEXT) }
        if isIndex, let value = try cursor.move(MDB_NEXT_DUP) { return value }
        return try previous()
    }

    private func previous() throws -> Cursor.Entry? {
        try firstValue(of: cursor.move(isIndex ? MDB_PREV_NODUP : MDB_PREV))
    }

    private func firstValue(of entry: Cursor.Entry?) throws -> Cursor.Entry? {
        isIndex && entry != nil ? try cursor.move(MDB_FIRST_DUP) : entry
    }
}
