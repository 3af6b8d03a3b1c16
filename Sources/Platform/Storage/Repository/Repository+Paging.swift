extension Repository {
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
        let query = Query(where: conditions, sort: request.sort, limit: request.size, offset: request.offset)
        var found = try await BoundedRecords.read(query, of: schema, within: bytes, in: tx)
        let isLast = found.isEnd && (!found.records.isEmpty || request.offset == 0)
        let request = found.cut(request)
        // A page that is not full is the last one, so that the total is known without asking.
        let total =
            isLast ? request.offset + found.records.count : try await count(where: conditions, in: tx)
        return Page(items: try found.records.map(entity), request: request, totalElements: total)
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
