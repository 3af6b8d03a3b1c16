package import Storage
import Synchronization

/// The statements of a database's collections, made when they are first asked for.
package final class CollectionTexts: Sendable {
    private let known = Mutex<[String: (schema: CollectionSchema, sql: CollectionSQL)]>([:])
    private let make: @Sendable (CollectionSchema) -> CollectionSQL

    package init(_ make: @escaping @Sendable (CollectionSchema) -> CollectionSQL) { self.make = make }

    package func sql(_ collection: CollectionSchema) -> CollectionSQL {
        known.withLock { known in
            // A name may stand for more fields later.
            if let entry = known[collection.name], entry.schema == collection { return entry.sql }
            let sql = make(collection)
            known[collection.name] = (collection, sql)
            return sql
        }
    }
}
