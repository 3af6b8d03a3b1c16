extension Repository {
    /// Records that are looked at before it is known how large they are.
    private static var firstPart: Int { 50 }

    /// The page that `make` makes something of, read as a scan. What `make` does is done where the engine reads: for
    /// the embedded ones not on the loop.
    ///
    /// A page whose documents come to more than `bytes` is cut: it has fewer items, and its request says how many. That
    /// is a divisor of the size that was asked for, so that it is a page like any other.
    public func page<Value: Sendable>(
        _ request: PageRequest, where conditions: [Condition] = [], within bytes: Int = ReadLimits.pageBytes,
        _ make: @escaping @Sendable (Page<Root>) throws -> Value
    ) async throws -> Value {
        let query = Query(where: conditions, sort: request.sort, limit: request.size, offset: request.offset)
        do {
            return try await database.read(.scan(isIndexed: query.isIndexed(in: schema))) { tx in
                try make(try await page(request, where: conditions, within: bytes, in: tx))
            }
        } catch let error as StorageError where error.code == .tooSlow {
            throw StorageError(
                .tooSlow,
                "\(error.message); ask for an earlier page, or sort \(schema.name) by \(schema.indexedFields)")
        }
    }

    /// The entities that meet all conditions, in pages. The order is that of `request.sort`, then of the id.
    public func page(
        _ request: PageRequest, where conditions: [Condition] = [], within bytes: Int = ReadLimits.pageBytes,
        in tx: any ReadTransaction
    ) async throws -> Page<Root> {
        guard request.size > 0, request.number >= 0, request.offset < .max else {
            throw StorageError(.invalidQuery, "a page has a number from 0 and a size from 1")
        }
        try schema.validate(conditions, sort: request.sort)
        let (records, isEnd) = try await records(request, conditions, within: bytes, in: tx)
        let request = request.cut(to: Self.count(of: records, within: bytes), of: records.count)
        let isLast = isEnd && records.count < request.size && (!records.isEmpty || request.offset == 0)
        // A page that is not full is the last one, so that the total is known without asking.
        let total =
            isLast ? request.offset + records.count : try await count(where: conditions, in: tx)
        return Page(
            items: try records.prefix(request.size).map(entity), request: request, totalElements: total)
    }

    /// The records of a page, or as many of them as come to little more than `bytes`; and whether there are no more.
    private func records(
        _ request: PageRequest, _ conditions: [Condition], within bytes: Int, in tx: any ReadTransaction
    ) async throws -> (records: [Record], isEnd: Bool) {
        var records: [Record] = []
        var (total, part) = (0, Self.firstPart)
        while records.count < request.size, total <= bytes {
            let limit = min(part, request.size - records.count)
            let found = try await tx.query(
                schema,
                Query(where: conditions, sort: request.sort, limit: limit, offset: request.offset + records.count))
            records += found
            total += found.reduce(0) { $0 + $1.document.count }
            if found.count < limit { return (records, true) }
            part = max(1, (bytes - total) / max(1, total / records.count) + 1)
        }
        return (records, false)
    }

    /// How many of the first records come to at most `bytes`; at least one.
    private static func count(of records: [Record], within bytes: Int) -> Int {
        var total = 0
        for (index, record) in records.enumerated() {
            total += record.document.count
            if total > bytes { return max(1, index) }
        }
        return records.count
    }
}

extension PageRequest {
    /// The page that begins where this one does and has at most `count` items, if that is fewer than were `found`.
    fileprivate func cut(to count: Int, of found: Int) -> PageRequest {
        guard count < found else { return self }
        let divisor = (1...count).last { size % $0 == 0 } ?? 1
        return PageRequest(number: offset / divisor, size: divisor, sort: sort)
    }
}

/// Which part of a collection, in which order.
public struct PageRequest: Sendable, Hashable {
    /// Zero-based.
    public var number: Int
    /// At least 1.
    public var size: Int
    public var sort: [Sort]

    public init(number: Int = 0, size: Int = 20, sort: [Sort] = []) {
        self.number = number
        self.size = size
        self.sort = sort
    }
}

extension PageRequest {
    /// The number of items before it; the greatest number if there is none that large.
    var offset: Int {
        let (offset, overflow) = number.multipliedReportingOverflow(by: size)
        return overflow ? .max : offset
    }
}

/// A part of a collection and how much there is in all.
public struct Page<Item: Sendable>: Sendable {
    public let items: [Item]
    public let request: PageRequest
    public let totalElements: Int

    public init(items: [Item], request: PageRequest, totalElements: Int) {
        self.items = items
        self.request = request
        self.totalElements = totalElements
    }

    public var totalPages: Int { (totalElements + request.size - 1) / request.size }

    public func map<Other: Sendable>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), request: request, totalElements: totalElements)
    }
}
