import Glibc
import Kernel
import Storage

/// Runs all waiting transaction closures in one transaction of the server, on a worker's thread, with one commit.
///
/// A transaction that writes takes the service's lock first, a document of the database: so writers, those of other
/// programs too, come one after the other, and what one has read still holds when it commits.
final class TransactionRunner: @unchecked Sendable {  // used by one worker's jobs only
    private let client: Client
    private let loop: any Loop
    private var outage: (error: StorageError, until: Duration, delay: Duration)?

    init(_ client: Client, loop: any Loop) {
        self.client = client
        self.loop = loop
    }

    /// Runs `work` in a transaction that has the lock; commits when it returns `true`.
    func write(known: Set<String>, _ work: (Session) throws -> Bool) throws {
        try run(known, begin: takeLock, end: commit, work)
    }

    /// Runs `work` on one moment, which a majority of the servers has kept.
    func read(known: Set<String>, _ work: (Session) throws -> Bool) throws {
        try run(known, begin: { try client.beginReading() }, end: {}, work)
    }

    /// Runs one job; undoes what it did when it fails. Throws `BrokenTransaction` when the server has ended the
    /// transaction for all jobs.
    func run(_ job: any TransactionJob<Session>, on session: Session) throws -> (any Error)? {
        let mark = session.mark
        let failure = job.run(on: session)
        if failure != nil, session.failure == nil { try session.undo(to: mark) }
        if let error = session.failure { throw BrokenTransaction(error: error, failure: failure) }
        return failure
    }

    /// Returns what the jobs of a broken transaction are told: the one that met the error hears of it if the server
    /// refused what it asked for; the others run again without it.
    func failures(of count: Int, at broken: Int, _ transaction: BrokenTransaction) -> [any Error] {
        let error = transaction.error
        let told = error.kind == .lost ? fail(error) : error.storageError(at: client.place)
        return (0..<count).map { index in
            if case .refused = error.kind, index == broken { return transaction.failure ?? told }
            return Repetition(error: told)
        }
    }

    /// Runs `body` in a transaction of its own, which has the lock.
    func alone<Value>(_ concern: Client.Concern, _ body: (Client) throws -> Value) throws -> Value {
        do {
            try connecting { try takeLock(concern) }
            let value = try body(client)
            try commit()
            return value
        } catch let error as MongoError {
            client.abort()
            throw told(error)
        } catch {
            client.abort()
            throw error
        }
    }

    /// Runs a command outside of transactions.
    @discardableResult
    func run(_ command: BSON) throws(StorageError) -> BSON {
        do { return try client.run(command) } catch { throw fail(error) }
    }

    /// Asks the server itself something, on the connection but in no session: a reader's takes reads only.
    func ask(_ command: BSON) throws(StorageError) -> BSON {
        do { return try client.administer(command) } catch { throw fail(error) }
    }

    /// The server's number of this connection.
    func connection() throws(StorageError) -> Int64? { try ask(["hello": 1])["connectionId"].integer }

    /// The servers' numbers of all connections that the service has, of every program.
    func connections() throws(StorageError) -> Set<Int64> {
        do { return try client.connections() } catch { throw fail(error) }
    }

    func close() { client.close() }

    private func run(
        _ known: Set<String>, begin: () throws -> Void, end: () throws -> Void, _ work: (Session) throws -> Bool
    ) throws {
        do {
            try connecting(begin)
            if try work(Session(client, known: known)) { try end() } else { client.abort() }
        } catch {
            client.abort()
            throw (error as? MongoError).map(told) ?? error
        }
    }

    // MARK: The lock

    private func takeLock() throws { try takeLock(.snapshot) }

    /// Another program has it for one commit at a time.
    private func takeLock(_ concern: Client.Concern) throws {
        let limit = loop.uptime + client.lockTimeout
        var nextLook = loop.uptime + .milliseconds(500)
        while true {
            do {
                try client.begin(concern)
                try client.run([
                    "update": .text(client.collection("lock")),
                    "updates": [["q": ["_id": "writer"], "u": ["$inc": ["turns": 1]]]],
                ])
                return
            } catch {
                guard error.kind == .transient else { throw error }
                client.abort()
                // Not to be repeated: those who wait behind would wait as long again each time.
                guard loop.uptime < limit else {
                    throw StorageError(.unavailable, "\(client.place): another program's transaction does not end")
                }
                pause()
                guard loop.uptime > nextLook else { continue }
                nextLook = loop.uptime + .seconds(1)
                try client.endOrphans()
            }
        }
    }

    /// Sends a commit whose answer did not come again: the server knows it.
    private func commit() throws {
        let limit = loop.uptime + client.lockTimeout
        while true {
            do {
                return try client.commit()
            } catch {
                // A server that went away meanwhile may have got it.
                guard error.kind == .unknown || error.kind == .lost else { throw error }
                guard loop.uptime < limit else { throw MongoError(.unknown, error.message) }
                pause()
            }
        }
    }

    /// At random, or those who met would meet again. The thread is the database's own, and has nothing else to do.
    private func pause() { usleep(UInt32(1_000 + loop.random() % 10_000)) }

    // MARK: Servers that are away

    /// A connection that was cut while nobody used it is made anew. Where none can be made, it is tried again after delays
    /// that grow; meanwhile callers are told at once.
    private func connecting(_ begin: () throws -> Void) throws {
        if let outage, loop.uptime < outage.until { throw outage.error }
        do {
            try begin()
        } catch let error as MongoError where error.kind == .lost {
            client.close()
            do {
                try begin()
            } catch let error as MongoError where error.kind == .lost {
                let delay = outage.map { min($0.delay * 2, .seconds(5)) } ?? .milliseconds(100)
                outage = (error.storageError(at: client.place), loop.uptime + delay, delay)
                throw error
            }
        }
        outage = nil
    }

    /// Returns the error that callers get when nothing was stored, or perhaps.
    private func told(_ error: MongoError) -> any Error {
        let failure = fail(error)
        return error.kind == .transient ? Repetition(error: failure) : failure
    }

    private func fail(_ error: MongoError) -> StorageError {
        if error.kind == .lost || error.kind == .unknown { client.close() }
        return error.storageError(at: client.place)
    }
}

/// One worker's way to the server: the writer's, or a reader's.
struct MongoDBWorker: WorkerConnection {
    let runner: TransactionRunner
    let isWriting: Bool
    /// Returns the collections that migrations have made.
    let known: @Sendable () -> Set<String>

    func transaction(_ work: (Session) throws -> Bool) throws {
        if isWriting { try runner.write(known: known(), work) } else { try runner.read(known: known(), work) }
    }

    func run(_ job: any TransactionJob<Session>, on session: Session, isAlone: Bool) throws -> (any Error)? {
        try runner.run(job, on: session)
    }

    func failures(of count: Int, after outcomes: [(any Error)?], _ error: any Error) -> [any Error] {
        guard let broken = error as? BrokenTransaction else {
            return failuresOfCommit(of: count, after: outcomes, error)
        }
        return runner.failures(of: count, at: outcomes.count, broken)
    }

    func close() { runner.close() }
}

/// The server has ended the transaction for all jobs that are in it.
struct BrokenTransaction: Error, CustomStringConvertible {
    var description: String { error.message }

    let error: MongoError
    /// The error that the job ended with which met it.
    let failure: (any Error)?
}

/// Nothing of it was stored, and the same may succeed.
struct Repetition: Error, CustomStringConvertible {
    var description: String { error.message }

    let error: StorageError
}
