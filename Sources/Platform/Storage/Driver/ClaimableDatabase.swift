/// A database that can tell whether anybody else has its data open: for what must not meet a service that runs.
package protocol ClaimableDatabase: Database {
    /// Whether nobody else has it open, no other program and no other value of this one. Where the engine can, others are
    /// then refused until `release`. Only for a database that has one connection.
    func claim() async throws -> Bool

    /// Lets others in again, at once: a server would take a moment to notice that a connection was closed.
    func release() async throws

    /// The names of all collections that are there, those of migrations' own notes among them. Makes nothing.
    func collectionNames() async throws -> Set<String>

    /// Makes those of the collections that are missing. They belong to the platform and to no migration.
    func create(missing collections: [CollectionSchema]) async throws

    /// Reads all that is stored and returns what is wrong with it, in sentences; empty if nothing is.
    func integrityFaults() async throws -> [String]
}

extension ClaimableDatabase {
    package func release() async throws {}

    /// A server watches over its own files.
    package func integrityFaults() async throws -> [String] {
        try await check()
        return []
    }
}
