extension Repository {
    /// Inserts unless the id is taken; tells whether it did.
    public func insertIfAbsent(_ entity: Root, in tx: any Transaction) async throws -> Bool {
        var stored = entity
        stored.version = 1
        return try await tx.insertIfAbsent(try record(stored), into: schema)
    }
}
