import Storage
import StorageSQLClient
import Synchronization

/// The handle that a transaction closure works with.
struct PostgreSQLTransaction: ServerTransaction {
    let session: Session<Connection>
    let texts: CollectionTexts
    let isReading: Bool
    let ownRows = InsertedRowLocations()

    private static let nextOrdinal = "SELECT nextval('\(Migrator.ordinals)'), txid_current()"

    func willRead() { if !isReading { session.prefetch(Self.nextOrdinal) } }

    func insert(_ record: Record, into collection: CollectionSchema) async throws {
        if session.assumes {
            try await session.post(sql(collection).insert, values(record, in: collection))
        } else if try await !insertIfAbsent(record, into: collection) {
            throw StorageError(.duplicate(field: "id"), "id is taken")
        }
    }

    func insertIfAbsent(_ record: Record, into collection: CollectionSchema) async throws -> Bool {
        let values = try values(record, in: collection)
        let inserted = try await session.run(sql(collection).insertIfFree, values)
        if inserted.count > 0 {
            session.prefetched(inserted.integer(0, 1), transaction: inserted.integer(0, 2))
            ownRows.inserted(record, into: collection, at: inserted.document(0, 0), savepoints: session.savepoints)
            return true
        }
        if try await find(collection, id: record.id) != nil { return false }
        try await checkUnique(record, in: collection)
        // Neither is taken in this transaction's view: somebody else's commit is not in it. All of it runs again.
        throw session.note(ServerError(.conflict, "a record of \(collection.name) was stored by another transaction"))
    }

    func update(_ record: Record, expecting expected: Int64, in collection: CollectionSchema) async throws -> Bool {
        let replacement = try replacement(record, in: collection)
        let values = replacement + [.integer(expected)]
        guard !session.assumes else {
            if let place = ownRows.take(record.id, version: expected, in: collection, savepoints: session.savepoints) {
                try await session.post(sql(collection).updateAtPlaceOrFail, replacement.dropLast() + [.bytes(place)])
            } else {
                try await session.post(sql(collection).updateOrFail, values)
            }
            return true
        }
        guard collection.fields.contains(where: \.isUnique) else {
            return try await session.run(sql(collection).update, values).changes > 0
        }
        guard try await find(collection, id: record.id)?.version == expected else { return false }
        try await checkUnique(record, in: collection)
        return try await session.run(sql(collection).update, values).changes > 0
    }

    func put(_ record: Record, in collection: CollectionSchema) async throws {
        let values = try values(record, in: collection)
        if !session.assumes { try await checkUnique(record, in: collection) }
        try await session.post(sql(collection).put, values)
    }

    /// PostgreSQL's text has every character but NUL.
    func check(_ text: String, _ field: String, of collection: CollectionSchema) throws(StorageError) {
        guard text.utf8.contains(0) else { return }
        throw StorageError(.invalidQuery, "'\(field)' of \(collection.name) has a NUL, which PostgreSQL cannot store")
    }

    func canHold(id: String) -> Bool { !id.utf8.contains(0) }

    /// To look for the newest record would set every two transactions against each other that do so.
    ///
    /// A number that came with an earlier statement of the transaction is greater than those of all that it can see,
    /// since it had its snapshot by then.
    func writeOrder() async throws -> WriteOrder {
        if let number = session.takePrefetched() { return .numbered(number) }
        let rows = try await session.run(Self.nextOrdinal, [])
        // What was prefetched came meanwhile, and is the lower one.
        _ = session.takePrefetched()
        return .numbered(rows.integer(0, 0))
    }

    /// A unique index that refuses ends the transaction: so it is looked first, and only a race meets the index.
    private func checkUnique(_ record: Record, in collection: CollectionSchema) async throws {
        for (field, value) in zip(collection.fields, record.fields) where field.isUnique && value != .null {
            let taken = sql(collection).taken(field.name)
            if try await session.run(taken, [.text(record.id), SQLValue(value, as: field.type)]).count > 0 {
                throw StorageError(.duplicate(field: field.name), "\(field.name) is taken")
            }
        }
    }
}

/// Where the rows are that a transaction has inserted itself, so that it can update them without looking them up.
///
/// A look into an index would set the transaction against every other that inserts beside what it found: to the server
/// both would depend on what the other did, and one of them had to run again.
final class InsertedRowLocations: Sendable {
    private struct Row {
        let collection: String
        let id: String
        let version: Int64
        let place: [UInt8]
        let savepoints: Int
    }
    private let rows = Mutex<[Row]>([])

    func inserted(_ record: Record, into collection: CollectionSchema, at place: [UInt8], savepoints: Int) {
        let row = Row(
            collection: collection.name, id: record.id, version: record.version, place: place, savepoints: savepoints)
        rows.withLock { $0.append(row) }
    }

    /// Its `ctid`, once: after an update it is elsewhere. `nil` if it is not known, has another version, or may have
    /// been undone with a savepoint.
    func take(_ id: String, version: Int64, in collection: CollectionSchema, savepoints: Int) -> [UInt8]? {
        rows.withLock { rows in
            guard let index = rows.firstIndex(where: { $0.id == id && $0.collection == collection.name }) else {
                return nil
            }
            let row = rows.remove(at: index)
            return row.version == version && row.savepoints == savepoints ? row.place : nil
        }
    }
}
