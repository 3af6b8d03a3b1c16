import Storage

/// A database whose transactions under an audited operation end with the record of what they have changed: both become
/// durable, or neither does. Other transactions pass through as they are.
struct AuditingDatabase: Database {
    let base: any Database
    let log: AuditLog

    /// Conflicts about the head that one transaction may lose. Engines settle most of them by themselves.
    private static let runs = 20

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        guard let trail = AuditTrail.current else { return try await base.transaction(body) }
        for _ in 1..<Self.runs {
            do {
                return try await run(body, trail)
            } catch is AuditConflict {
                continue
            }
        }
        do {
            return try await run(body, trail)
        } catch is AuditConflict {
            throw StorageError(.unavailable, "too many operations were to be audited at once: nothing was stored")
        }
    }

    private func run<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result, _ trail: AuditTrail
    ) async throws -> Result {
        try await base.transaction { [log] tx in
            // The closure may run more than once: each run notes what it does itself.
            let audited = AuditedTransaction(tx)
            let result = try await body(audited)
            try await log.append(audited.notes, trail, in: tx)
            return result
        }
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { try await base.read(body) }

    func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { try await base.read(kind, body) }

    func endScans() { base.endScans() }
    func releaseMemory() { base.releaseMemory() }
    func migrate(_ migrations: [Migration]) async throws { try await base.migrate(migrations) }
    func check() async throws { try await base.check() }
    func close() async { await base.close() }
}
