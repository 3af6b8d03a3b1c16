import Storage
import StorageServer
import Synchronization

/// Where the rows are that a transaction has inserted itself, so that it can update them without looking them up.
///
/// A look into an index would set the transaction against every other that inserts beside what it found: to the server
/// both would depend on what the other did, and one of them had to run again.
final class OwnRows: Sendable {
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

    /// Its `ctid`, once: after an update it is elsewhere. `nil` where it is not known, has another version, or may have
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
