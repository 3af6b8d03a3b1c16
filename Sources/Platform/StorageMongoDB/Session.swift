import Kernel
import Storage

/// One open transaction on a client, for all transaction closures that run in it. It belongs to the thread that began
/// it.
///
/// MongoDB has no savepoints: what is written is noted with what was there before, so that it can be undone.
package final class Session {
    private struct Change {
        let collection: String
        let id: String
        /// `nil` if there was nothing.
        let before: BSON?
    }
    private let client: Client
    private let known: Set<String>
    private var changes: [Change] = []
    /// The error that made the transaction as a whole fail, also if a closure caught it.
    private(set) var failure: MongoError?

    /// `known` are the collections that migrations have made.
    init(_ client: Client, known: Set<String>) {
        self.client = client
        self.known = known
    }

    /// The collection's name in the database. MongoDB would make one that is not there.
    func name(of collection: CollectionSchema) throws(StorageError) -> String {
        guard known.isEmpty || known.contains(collection.name) else {
            throw StorageError(.internalFailure, "\(client.place): there is no collection \(collection.name)")
        }
        return client.collection(collection.name)
    }

    // MARK: Commands

    /// Bounds a query's time at the server.
    var queryLimit: BSON.Field {
        BSON.Field(name: "maxTimeMS", value: .integer(Int64(client.queryTime.seconds * 1000)))
    }

    func run(_ command: BSON) throws(StorageError) -> BSON {
        try noting { () throws(MongoError) in try client.run(command) }
    }

    func find(_ collection: String, _ filter: BSON, _ options: [BSON.Field]) throws(StorageError) -> [BSON] {
        let options = BSON.document(options + [queryLimit])
        return try noting { () throws(MongoError) in try client.find(collection, filter, options) }
    }

    /// Replaces or removes the document that meets the filter; gives the one that was there.
    func change(_ collection: String, id: String, _ filter: BSON, to change: [BSON.Field]) throws(StorageError) -> BSON?
    {
        let command = [
            BSON.Field(name: "findAndModify", value: .text(collection)), BSON.Field(name: "query", value: filter),
        ]
        let before = try run(.document(command + change))["value"]
        guard before.fields != nil else { return nil }
        changes.append(Change(collection: collection, id: id, before: before))
        return before
    }

    /// Notes that there was nothing of that id before.
    func noteInsertion(_ collection: String, id: String) {
        changes.append(Change(collection: collection, id: id, before: nil))
    }

    private func noting<Value>(_ body: () throws(MongoError) -> Value) throws(StorageError) -> Value {
        // Whatever fails, the server has ended the transaction.
        if let failure { throw failure.storageError(at: client.place) }
        do {
            return try body()
        } catch {
            failure = error
            throw error.storageError(at: client.place)
        }
    }

    // MARK: Savepoints

    var mark: Int { changes.count }

    /// Undoes what was written since the mark, last first.
    func undo(to mark: Int) throws(StorageError) {
        while changes.count > mark {
            let change = changes.removeLast()
            let filter: BSON = ["_id": .text(change.id)]
            if let before = change.before {
                let update: BSON = ["q": filter, "u": before, "upsert": true]
                _ = try run(["update": .text(change.collection), "updates": [update]])
            } else {
                let delete: BSON = ["q": filter, "limit": 1]
                _ = try run(["delete": .text(change.collection), "deletes": [delete]])
            }
        }
    }
}
