import Storage

/// The tables of one service: services that share a database do not share tables.
package struct TableNames: Sendable, Hashable {
    /// Begins each name.
    package let schema: String

    package func table(_ collection: String) -> String { "\(schema).\(collection)" }

    /// The server's limit is 64 characters.
    func checked(_ name: String) throws(StorageError) -> String {
        guard name.count <= 64 else {
            throw StorageError(.migration, "the name '\(name)' is longer than 64 characters")
        }
        return name
    }
}
