/// A database that can tell whether anybody else has its data open: for what must not meet a service that runs.
package protocol ClaimableDatabase: Database {
    /// Whether nobody else has it open, no other program and no other value of this one. Where the engine can, others are
    /// then refused until `release`. Only for a database that has one connection.
    func claim() async throws -> Bool

    /// Lets others in again, at once: a server would take a moment to notice that a connection was closed.
    func release() async throws
}

extension ClaimableDatabase {
    package func release() async throws {}
}
