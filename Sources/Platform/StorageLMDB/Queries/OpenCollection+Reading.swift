import Storage

extension OpenCollection {
    func query(_ query: Query) throws -> [Record] {
        try schema.validate(query.conditions, sort: query.sort)
        let (limit, offset) = (max(0, query.limit), max(0, query.offset))
        guard limit > 0 else { return [] }
        let (end, overflow) = offset.addingReportingOverflow(limit)
        let predicate = Predicate(query.conditions, sort: query.sort, in: self)
        var collector = RowCollector(predicate, needed: overflow ? .max : end)
        let scan = Planner(collection: self, conditions: query.conditions, sort: query.sort).scan()
        var last: (key: Bytes, id: Bytes)?
        try visit(scan, where: predicate) { key, row in
            defer { last = (key, row.key) }
            return collector.add(row, beginsGroup: scan.isSettled(between: last, and: (key, row.key)))
        }
        return collector.finish().dropFirst(offset).map { record($0) }
    }

    func count(_ conditions: [Condition]) throws -> Int {
        try schema.validate(conditions)
        guard !conditions.isEmpty else { return try session.entries(of: stored.records) }
        let scan = Planner(collection: self, conditions: conditions, sort: []).scan()
        if conditions.count == 1, conditions[0].comparison == .equal, let count = try countOfValue(scan) {
            return count
        }
        var count = 0
        try visit(scan, where: Predicate(conditions, sort: [], in: self)) { _, _ in
            count += 1
            return true
        }
        return count
    }

    /// Without a look at the rows, where the scan is over the rows of one value and no others.
    private func countOfValue(_ scan: IndexScan) throws -> Int? {
        guard let index = scan.index, scan.bounds.isOneKey, let key = scan.bounds.lower, key.count < SortableKey.length
        else { return nil }
        return try session.withCursor(index.table) { cursor in
            guard let found = try cursor.seek(key), found.key.elementsEqual(key) else { return 0 }
            return try cursor.valueCount()
        }
    }

    /// Calls `body` with the rows of the scan that meet the conditions, each with the key that led to it.
    private func visit(_ scan: IndexScan, where predicate: Predicate, _ body: (Bytes, StoredRow) throws -> Bool) throws
    {
        try session.withCursor(scan.index?.table ?? stored.records) { cursor in
            try Walker(cursor: cursor, scan: scan).run { entry in
                try session.checkStop()
                guard let row = try row(of: entry, in: scan), predicate.admits(row) else { return true }
                return try body(entry.key, row)
            }
        }
    }

    private func row(of entry: Cursor.Entry, in scan: IndexScan) throws -> StoredRow? {
        guard scan.index != nil else { return StoredRow(key: entry.key, bytes: entry.value) }
        guard let bytes = try session.get(entry.value, in: stored.records) else { return nil }
        return StoredRow(key: entry.value, bytes: bytes)
    }
}

extension IndexScan {
    typealias Place = (key: Bytes, id: Bytes)

    /// Whether the order of the two is that of the query whatever their values are.
    fileprivate func isSettled(between one: Place?, and other: Place) -> Bool {
        guard let one else { return false }
        func differ(_ one: Bytes, _ other: Bytes) -> Bool {
            SortableKey.prefix(one).order(to: SortableKey.prefix(other)) != 0
        }
        switch order {
        case .none: return false
        case .keys: return differ(one.key, other.key)
        case .rows:
            if differ(one.key, other.key) { return true }
            // A key of full length may stand for several values.
            return other.key.count < SortableKey.length && differ(one.id, other.id)
        }
    }
}

/// Gathers rows in the order of a predicate, and knows when it has enough of them.
///
/// Rows come in groups whose order is settled; inside a group they are sorted here.
struct RowCollector {
    private let predicate: Predicate
    private let needed: Int
    private var settled: [StoredRow] = []
    private var group: [StoredRow] = []

    init(_ predicate: Predicate, needed: Int) {
        self.predicate = predicate
        self.needed = needed
    }

    /// Tells whether more rows are wanted.
    mutating func add(_ row: StoredRow, beginsGroup: Bool) -> Bool {
        if beginsGroup {
            settle()
            if settled.count >= needed { return false }
        }
        group.append(row)
        return true
    }

    mutating func finish() -> ArraySlice<StoredRow> {
        settle()
        return settled.prefix(needed)
    }

    private mutating func settle() {
        if group.count > 1 { group.sort { predicate.isOrdered($0, before: $1) } }
        settled += group
        group.removeAll(keepingCapacity: true)
    }
}
