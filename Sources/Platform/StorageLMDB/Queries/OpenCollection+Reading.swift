import Storage

extension OpenCollection {
    func query(_ query: Query) throws -> [Record] {
        try schema.validate(query.conditions, sort: query.sort)
        let (limit, offset) = (max(0, query.limit), max(0, query.offset))
        guard limit > 0 else { return [] }
        let (end, overflow) = offset.addingReportingOverflow(limit)
        let question = Question(query.conditions, sort: query.sort, in: self)
        var collector = RowCollector(question, needed: overflow ? .max : end)
        let walk = Planner(collection: self, conditions: query.conditions, sort: query.sort).walk()
        var last: (key: Bytes, id: Bytes)?
        try visit(walk, where: question) { key, row in
            defer { last = (key, row.key) }
            return collector.add(row, beginsGroup: walk.isSettled(between: last, and: (key, row.key)))
        }
        return collector.finish().dropFirst(offset).map { record($0) }
    }

    func count(_ conditions: [Condition]) throws -> Int {
        try schema.validate(conditions)
        guard !conditions.isEmpty else { return try session.entries(of: stored.records) }
        let walk = Planner(collection: self, conditions: conditions, sort: []).walk()
        if conditions.count == 1, conditions[0].comparison == .equal, let count = try countOfValue(walk) {
            return count
        }
        var count = 0
        try visit(walk, where: Question(conditions, sort: [], in: self)) { _, _ in
            count += 1
            return true
        }
        return count
    }

    /// Without a look at the rows, where the walk is over the rows of one value and no others.
    private func countOfValue(_ walk: Walk) throws -> Int? {
        guard let index = walk.index, walk.bounds.isOneKey, let key = walk.bounds.lower, key.count < SortableKey.length
        else { return nil }
        return try session.withCursor(index.table) { cursor in
            guard let found = try cursor.seek(key), found.key.elementsEqual(key) else { return 0 }
            return try cursor.valueCount()
        }
    }

    /// Calls `body` with the rows of the walk that meet the conditions, each with the key that led to it.
    private func visit(_ walk: Walk, where question: Question, _ body: (Bytes, StoredRow) throws -> Bool) throws {
        try session.withCursor(walk.index?.table ?? stored.records) { cursor in
            try Walker(cursor: cursor, walk: walk).run { entry in
                try session.checkStop()
                guard let row = try row(of: entry, in: walk), question.admits(row) else { return true }
                return try body(entry.key, row)
            }
        }
    }

    private func row(of entry: Cursor.Entry, in walk: Walk) throws -> StoredRow? {
        guard walk.index != nil else { return StoredRow(key: entry.key, bytes: entry.value) }
        guard let bytes = try session.get(entry.value, in: stored.records) else { return nil }
        return StoredRow(key: entry.value, bytes: bytes)
    }
}

extension Walk {
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

/// Gathers rows in the order of a question, and knows when it has enough of them.
///
/// Rows come in groups whose order is settled; inside a group they are sorted here.
struct RowCollector {
    private let question: Question
    private let needed: Int
    private var settled: [StoredRow] = []
    private var group: [StoredRow] = []

    init(_ question: Question, needed: Int) {
        self.question = question
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
        if group.count > 1 { group.sort { question.isOrdered($0, before: $1) } }
        settled += group
        group.removeAll(keepingCapacity: true)
    }
}
