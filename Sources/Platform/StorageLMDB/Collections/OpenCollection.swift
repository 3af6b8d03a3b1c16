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

extension OpenCollection {
    func insert(_ record: Record) throws {
        guard try insertIfAbsent(record) else { throw StorageError(.duplicate(field: "id"), "id is taken") }
    }

    func insertIfAbsent(_ record: Record) throws -> Bool {
        try schema.validate(record)
        guard try row(record.id) == nil else { return false }
        try write(record, at: newKey(record.id), over: nil)
        return true
    }

    func put(_ record: Record) throws {
        try schema.validate(record)
        let old = try row(record.id)
        try write(record, at: old?.key ?? newKey(record.id), over: old.map { self.values(of: $0.row) })
    }

    func update(_ record: Record, expecting expected: Int64) throws -> Bool {
        try schema.validate(record)
        guard let old = try row(record.id), old.row.version == expected else { return false }
        try write(record, at: old.key, over: values(of: old.row))
        return true
    }

    func delete(id: String, expecting expected: Int64?) throws -> Bool {
        guard let old = try row(id), expected == nil || old.row.version == expected else { return false }
        let values = values(of: old.row)
        for index in stored.indexes {
            try session.delete(old.key, for: stored.key(values[index.slot], at: index.slot), in: index.table)
        }
        try session.delete(old.key, in: stored.records)
        return true
    }

    /// Fields in the stored order.
    private func values(of row: StoredRow) -> [FieldValue] {
        let values = row.values().fields
        return values + Array(repeating: .null, count: stored.fields.count - values.count)
    }

    /// Everything that can be refused is refused before anything is written.
    private func write(_ record: Record, at key: [UInt8], over old: [FieldValue]?) throws {
        // What this program does not know stays as it was.
        var values = old ?? Array(repeating: .null, count: stored.fields.count)
        for (slot, value) in zip(slots, record.fields) { values[slot] = value.stored(as: stored.fields[slot].type) }
        for index in stored.indexes where index.isUnique && values[index.slot] != .null {
            if let old, old[index.slot] == values[index.slot] { continue }
            try checkUnique(values[index.slot], index, except: key)
        }
        let longId = SortableKey.isLong(record.id) ? record.id : nil
        let row = StoredRow.encode(
            version: record.version, longId: longId, fields: values, document: record.document)
        try session.put(row, for: key, in: stored.records)
        for index in stored.indexes {
            let new = stored.key(values[index.slot], at: index.slot)
            let before = old.map { stored.key($0[index.slot], at: index.slot) }
            guard new != before else { continue }
            if let before { try session.delete(key, for: before, in: index.table) }
            try session.put(key, for: new, in: index.table)
        }
    }

    private func checkUnique(_ value: FieldValue, _ index: StoredCollection.Index, except key: [UInt8]) throws {
        let isTaken = try session.withCursor(index.table) { cursor in
            let sought = stored.key(value, at: index.slot)
            var entry = try cursor.seek(sought)
            while let found = entry, found.key.elementsEqual(sought) {
                if !found.value.elementsEqual(key), try has(value, index.slot, at: found.value) { return true }
                entry = try cursor.move(MDB_NEXT_DUP)
            }
            return false
        }
        guard isTaken else { return }
        let field = stored.fields[index.slot].name
        throw StorageError(.duplicate(field: field), "\(field) is taken")
    }

    /// Whether the row of that key has the value: texts that begin alike share a key.
    private func has(_ value: FieldValue, _ slot: Int, at key: Bytes) throws -> Bool {
        guard let bytes = try session.get(key, in: stored.records) else { return false }
        let row = StoredRow(key: key, bytes: bytes)
        return value.withRaw { row.value(at: slot).order(to: $0) == 0 }
    }
}
