import Storage

/// The reader's connection, opened when something is first read.
final class LazyConnection: @unchecked Sendable {  // used by the reader's worker only
    private let path: String
    private var connection: Connection?

    init(path: String) {
        self.path = path
    }

    /// Runs the bodies that wait on one view of what is committed now.
    func run(_ jobs: ArraySlice<any TransactionJob<Connection>>) {
        var outcomes: [(any Error)?] = []
        do {
            let connection = try open()
            try connection.execute("BEGIN")
            outcomes = jobs.map { $0.run(on: connection) }
            try connection.execute("COMMIT")
        } catch {
            connection?.rollBack()
            for job in jobs { job.resume(failing: error) }
            return
        }
        for (job, failure) in zip(jobs, outcomes) { job.resume(failing: failure) }
    }

    func close() {
        connection?.close()
        connection = nil
    }

    private func open() throws -> Connection {
        if let connection { return connection }
        let opened = try Connection(path: path, mode: .read)
        connection = opened
        return opened
    }
}
