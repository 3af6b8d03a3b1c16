import Storage

extension DeadLetters {
    /// Gives the letter up for good: its event will not be handled, and those that waited behind it are tried.
    public func drop(_ id: String) async throws -> RetryOutcome {
        let subject = try await database.transaction { [self] tx in
            let letter = try await DeadLetterTable.find(id, group: group, in: tx)
            try await tx.deleteAll(ids: [id], from: DeadLetterTable.schema)
            try await noteCount(in: tx)
            return letter.event.subject
        }
        return try await resume(subject)
    }

    /// Gives up all that the query finds; tells how many. What waited behind them is tried.
    public func drop(_ query: DeadLetterQuery) async throws -> Int {
        var (dropped, subjects) = (0, Set<String>())
        while true {
            let letters = try await database.transaction { [self] tx in
                let letters = try await DeadLetterTable.query(query.conditions(group), limit: Self.batch, in: tx)
                try await tx.deleteAll(ids: letters.map(\.id), from: DeadLetterTable.schema)
                try await noteCount(in: tx)
                return letters
            }
            dropped += letters.count
            subjects.formUnion(letters.map(\.event.subject))
            if letters.count < Self.batch { break }
        }
        for subject in subjects.sorted() { _ = try await resume(subject) }
        return dropped
    }

    /// Goes on with a subject whose first letter only waited for one that is gone.
    func resume(_ subject: String) async throws -> RetryOutcome {
        let first = try await database.read { [group] in
            try await DeadLetterTable.first(group: group, subject: subject, in: $0)
        }
        return first?.state == .waiting ? try await drain(subject) : RetryOutcome()
    }

    static var batch: Int { 200 }

    func noteCount(in tx: any Transaction) async throws {
        let count = try await recount(in: tx)
        tx.afterCommit { [self] in noteCount(count) }
    }
}
