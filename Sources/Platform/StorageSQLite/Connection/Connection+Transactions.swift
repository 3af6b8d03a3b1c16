package import Storage

extension Connection {
    /// Begins to write. Other processes hold the lock for one commit at a time and are waited out; SQLite's own waiting
    /// ends after five seconds.
    package func beginWrite() throws(StorageError) {
        forgetForeignVersion()
        for _ in 0..<5 {
            do throws(StorageError) {
                return try execute("BEGIN IMMEDIATE")
            } catch {
                guard error.isRetriable else { throw error }
            }
        }
        try execute("BEGIN IMMEDIATE")
    }

    /// Ends what `beginWrite` began; durable when it returns.
    package func commit() throws {
        try observer?.willCommit()
        do throws(StorageError) {
            try execute("COMMIT")
        } catch {
            throw commitFailure(error)
        }
        try observer?.didCommit()
    }

    /// Undoes what was begun, where SQLite has not done so by itself.
    package func rollBack() {
        guard !isAutocommit else { return }
        try? execute("ROLLBACK")
    }
}
