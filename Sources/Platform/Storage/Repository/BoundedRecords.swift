/// Records that a query finds, as many as come to a bounded number of bytes.
package struct BoundedRecords: Sendable {
    package var records: [Record]
    /// There are no more of them.
    package var isEnd: Bool

    /// Records that are looked at before it is known how large they are.
    private static var firstPart: Int { 50 }

    /// Reads `query` in parts, until its limit is reached or the documents come to more than `bytes`; at least one record, if
    /// there is one.
    package static func read(
        _ query: Query, of schema: CollectionSchema, within bytes: Int, in tx: any ReadTransaction
    ) async throws -> BoundedRecords {
        var records: [Record] = []
        var (total, part) = (0, firstPart)
        while records.count < query.limit, total <= bytes {
            var next = query
            next.limit = min(part, query.limit - records.count)
            next.offset = query.offset + records.count
            let found = try await tx.query(schema, next)
            records += found
            total += found.reduce(0) { $0 + $1.document.count }
            if found.count < next.limit { return BoundedRecords(records, within: bytes, isEnd: true) }
            part = max(1, (bytes - total) / max(1, total / records.count) + 1)
        }
        return BoundedRecords(records, within: bytes, isEnd: false)
    }

    private init(_ all: [Record], within bytes: Int, isEnd: Bool) {
        var (count, total) = (0, 0)
        for record in all {
            total += record.document.count
            guard total <= bytes || count == 0 else { break }
            count += 1
        }
        records = Array(all.prefix(count))
        self.isEnd = isEnd && count == all.count
    }
}

extension BoundedRecords {
    /// The page that they are: the one that was asked for, or a shorter one. Its size is a divisor of the size that was asked
    /// for, so that it is a page like any other.
    package mutating func cut(_ request: PageRequest) -> PageRequest {
        guard !isEnd, records.count < request.size, !records.isEmpty else { return request }
        let size = (1...records.count).last { request.size % $0 == 0 } ?? 1
        records = Array(records.prefix(size))
        return PageRequest(number: request.offset / size, size: size, sort: request.sort)
    }
}
