import Kernel
public import Storage

extension IdempotencyStore {
    /// Deletes the rows whose time is over, a bounded batch each minute, until the task is cancelled. For a service's
    /// background work.
    public func pruneRegularly(_ database: any Database) async throws {
        while true {
            try await loop.sleep(for: .seconds(60))
            // A full batch means that more may wait.
            while try await database.transaction({ try await prune(in: $0) }) >= Self.batch { try Task.checkCancellation() }
        }
    }

    public static let batch = 500
}
