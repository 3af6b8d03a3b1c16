import Kernel
import Storage

/// The connection that writes: a savepoint for each job, one commit for all.
struct SQLiteWriter: WorkerConnection {
    let connection: Connection

    func transaction(_ work: (Connection) throws -> Bool) throws {
        do {
            try connection.beginWrite()
            if try work(connection) { try connection.commit() } else { connection.rollBack() }
        } catch {
            connection.rollBack()
            throw error
        }
    }

    func run(
        _ job: any TransactionJob<Connection>, on connection: Connection, isAlone: Bool
    ) throws -> (any Error)? {
        // Without a savepoint, the transaction as a whole is what its failure undoes.
        if isAlone {
            let failure = job.run(on: connection)
            if failure == nil { try checkStillOpen() }
            return failure
        }
        try connection.execute("SAVEPOINT job")
        let failure = job.run(on: connection)
        try checkStillOpen()
        if failure != nil { try connection.execute("ROLLBACK TO job") }
        try connection.execute("RELEASE job")
        return failure
    }

    func releaseMemory() { connection.releaseMemory() }
    func close() { connection.close() }

    /// SQLite ends a transaction by itself when the disk is full or fails.
    private func checkStillOpen() throws {
        guard connection.isAutocommit else { return }
        throw connection.lostTransaction
    }
}

/// A reader's connection, opened when something is first read.
final class SQLiteReader: WorkerConnection, @unchecked Sendable {  // used by the reader's worker only
    private let path: String
    /// Those that the writer has open: another file at the path is not read.
    private let files: [OpenFile]
    /// In kibibytes.
    private let cacheSize: Int
    private var connection: Connection?

    init(path: String, files: [OpenFile], cacheSize: Int) {
        self.path = path
        self.files = files
        self.cacheSize = cacheSize
    }

    /// Runs the jobs on one view of what is committed now.
    func transaction(_ work: (Connection) throws -> Bool) throws {
        do {
            let connection = try open()
            try connection.execute("BEGIN")
            _ = try work(connection)
            try connection.execute("COMMIT")
        } catch {
            connection?.rollBack()
            throw error
        }
    }

    func releaseMemory() { connection?.releaseMemory() }

    func close() {
        connection?.close()
        connection = nil
    }

    private func open() throws -> Connection {
        if let connection { return connection }
        try files.check()
        let opened = try Connection(path: path, mode: .read, cacheSize: cacheSize)
        connection = opened
        return opened
    }
}
