import CLMDB
import Storage

/// A collection inside a transaction, as the program declares it.
struct OpenCollection {
    let session: Session
    let schema: CollectionSchema
    let stored: StoredCollection
    /// Where the program's fields lie in the stored order.
    let slots: [Int]

    func find(_ id: String) throws -> Record? {
        try row(id).map { record($0.row, id: id) }
    }

    func record(_ row: StoredRow, id: String? = nil) -> Record {
        let (values, document) = row.values()
        return Record(
            id: id ?? String(decoding: row.id, as: UTF8.self), version: row.version, document: document,
            fields: slots.map { $0 < values.count ? values[$0] : .null })
    }

    /// The row of that id, and its key.
    func row(_ id: String) throws -> (key: [UInt8], row: StoredRow)? {
        let key = SortableKey.id(id)
        guard SortableKey.isLong(id) else {
            return try session.get(key, in: stored.records).map { (key, StoredRow(bytes: $0)) }
        }
        return try longRows(key).first { $0.row.id.elementsEqual(id.utf8) }
    }

    /// The key for a new row of that id.
    func newKey(_ id: String) throws -> [UInt8] {
        let key = SortableKey.id(id)
        guard SortableKey.isLong(id) else { return key }
        let last = try longRows(key).last?.key.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let number = (last ?? 0) + 1
        return key + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }

    /// The rows of all long ids that begin alike.
    private func longRows(_ prefix: [UInt8]) throws -> [(key: [UInt8], row: StoredRow)] {
        try session.withCursor(stored.records) { cursor in
            var rows: [(key: [UInt8], row: StoredRow)] = []
            var entry = try cursor.seek(prefix)
            while let found = entry, found.key.starts(with: prefix) {
                if found.key.count > SortableKey.length {
                    rows.append((Array(found.key), StoredRow(key: found.key, bytes: found.value)))
                }
                entry = try cursor.move(MDB_NEXT)
            }
            return rows
        }
    }
}
