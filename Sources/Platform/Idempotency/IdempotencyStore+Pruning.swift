import Kernel
public import Storage

extension IdempotencyStore {
    /// Deletes the rows whose time is over, a bounded batch each minute, until the task is cancelled. For a service's
    /// background work.
    public func pruneRegularly(_ database: any Database) async throws {
        while true {
            try await loop.sleep(for: .seconds(60))
            var pruned = Self.batch
            while pruned >= Self.batch {  // a full batch means that more may wait
                try Task.checkCancellation()
                pruned = try await database.transaction { try await prune(in: $0) }
            }
        }
    }

    public static let batch = 500
}
