/// A database that can tell whether anybody else has its data open: for what must not meet a service that runs.
package protocol ClaimableDatabase: Database {
    /// Whether nobody else has it open, no other program and no other value of this one. Where the engine can, others are
    /// then refused until this one is closed. Only for a database that has one connection.
    func claim() async throws -> Bool
}
