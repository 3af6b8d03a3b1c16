import Kernel
import Storage

/// A reader's connection, opened when something is first read.
final class LazyConnection: @unchecked Sendable {  // used by the reader's worker only
    private let path: String
    private let loop: any Loop
    /// In kibibytes.
    private let cacheSize: Int
    private var connection: Connection?

    init(path: String, loop: any Loop, cacheSize: Int) {
        self.path = path
        self.loop = loop
        self.cacheSize = cacheSize
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
            return loop.resume(jobs, failing: error)
        }
        loop.resume(jobs, failing: outcomes)
    }

    func releaseMemory() { connection?.releaseMemory() }

    func close() {
        connection?.close()
        connection = nil
    }

    private func open() throws -> Connection {
        if let connection { return connection }
        let opened = try Connection(path: path, mode: .read, cacheSize: cacheSize)
        connection = opened
        return opened
    }
}
