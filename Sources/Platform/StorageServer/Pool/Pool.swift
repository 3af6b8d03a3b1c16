import Kernel
import Runtime
import Storage

/// The connections of one database: at most so many, handed to one transaction at a time. Everything here happens on the
/// loop's thread.
///
/// Where no connection can be made, it is tried again after delays that grow; meanwhile callers are told at once, unless
/// there are connections that they can wait for.
final class Pool<Source: Connector>: @unchecked Sendable {  // the loop's thread's own
    typealias Connection = Source.Connection

    private let loop: EventLoop
    private let settings: PoolSettings
    private let source: Source
    private let worker: any Worker
    private var idle: [Connection] = []
    /// Idle, in use, and on their way.
    private var total = 0
    private var waiters: [Waiter] = []
    private var writers: ConcurrencyLimit
    private var nextNumber = 0
    private var outage: Outage?
    private var onEmpty: (() -> Void)?
    private var isClosed = false

    private struct Waiter {
        let number: Int
        let isWriting: Bool
        let timer: ScheduledAction
        let finish: (Result<Connection, StorageError>) -> Void
    }
    private struct Outage {
        let error: StorageError
        let until: Duration
        let failures: Int
    }
    private let backoff = RetryPolicy.exponential(from: .milliseconds(100), cap: .seconds(5))

    init(_ settings: PoolSettings, _ source: Source, loop: EventLoop) {
        self.settings = settings
        self.source = source
        self.loop = loop
        writers = ConcurrencyLimit(most: settings.connections)
        worker = loop.makeWorker(named: "database-open")
    }

    /// Calls `finish` with a connection that is the caller's until it is given back.
    func take(isWriting: Bool, _ finish: @escaping (Result<Connection, StorageError>) -> Void) {
        guard !isClosed else { return finish(.failure(StorageError(.closed, "the database is closed"))) }
        let hasRoom = !isWriting || writers.hasRoom
        if hasRoom, let connection = idle.popLast() {
            if isWriting { writers.begin() }
            return finish(.success(connection))
        }
        let mayOpen = outage.map { loop.uptime >= $0.until } ?? true
        // Where there are some, only no more of them (the server takes no more clients, say), one of them will be free.
        if let outage, !mayOpen, total == 0 { return finish(.failure(outage.error)) }
        guard waiters.count < 65_536 else {
            return finish(.failure(StorageError(.unavailable, "too many transactions wait already")))
        }
        nextNumber += 1
        let number = nextNumber
        let timer = loop.schedule(after: settings.connectTimeout + settings.statementTimeout) { [weak self] in
            self?.giveUp(number)
        }
        waiters.append(Waiter(number: number, isWriting: isWriting, timer: timer, finish: finish))
        if hasRoom, mayOpen, total < settings.connections { open() }
    }

    /// Takes a connection back. One in the middle of something must be closed before. `isInTheWay` where what was written
    /// over it met what others wrote.
    func giveBack(_ connection: Connection, isWriting: Bool, isInTheWay: Bool) {
        if isWriting { writers.end(isInTheWay: isInTheWay) }
        if connection.isOpen {
            offer(connection)
        } else {
            // What has ended this one has probably ended those that nobody has used since, noticed or not.
            closeIdle()
            forget()
        }
    }

    private func offer(_ connection: Connection) {
        idle.append(connection)
        serve()
        guard isClosed, waiters.isEmpty else { return }
        closeIdle()
        endIfEmpty()
    }

    /// Gives what is idle to those who may go on, in the order in which they came.
    private func serve() {
        while !idle.isEmpty, let index = waiters.firstIndex(where: { !$0.isWriting || writers.hasRoom }) {
            let waiter = waiters.remove(at: index)
            waiter.timer.cancel()
            if waiter.isWriting { writers.begin() }
            waiter.finish(.success(idle.removeLast()))
        }
    }

    /// Refuses whoever comes; calls `finish` when all that was begun has ended.
    func close(_ finish: @escaping () -> Void) {
        isClosed = true
        closeIdle()
        let end = { [worker] in
            worker.stop()
            finish()
        }
        if total == 0 { return end() }
        onEmpty = { [onEmpty] in
            onEmpty?()
            end()
        }
    }

    private func closeIdle() {
        for connection in idle {
            connection.onLoss = nil
            connection.close()
        }
        total -= idle.count
        idle = []
    }

    private func open() {
        total += 1
        worker.submit { [loop, source, self] in
            let result = Result { () throws(ServerError) in try source.establish() }
            loop.execute { self.opened(result) }
        }
    }

    private func opened(_ result: Result<Source.Established, ServerError>) {
        switch result {
        case .success(let established):
            outage = nil
            let timeout = settings.statementTimeout + .seconds(2)
            let connection = source.adopt(established, loop: loop, timeout: timeout)
            connection.onLoss = { [weak self, weak connection] in
                guard let self, let connection, let index = idle.firstIndex(where: { $0 === connection }) else {
                    return
                }
                idle.remove(at: index)
                forget()
            }
            offer(connection)
        case .failure(let error):
            let error = error.storageError(at: settings.name)
            note(error)
            // Those who wait may still get a connection that is in use now; where there is none, nothing will come.
            total -= 1
            if total == 0 { failAll(error) }
            endIfEmpty()
        }
    }

    /// Several that were tried at the same time are one failure: they say nothing of how long it has lasted.
    private func note(_ error: StorageError) {
        if let outage, loop.uptime < outage.until { return }
        let failures = (outage?.failures ?? 0) + 1
        outage = Outage(error: error, until: loop.uptime + backoff.delay(after: failures), failures: failures)
    }

    private func failAll(_ error: StorageError) {
        let failed = waiters
        waiters = []
        for waiter in failed {
            waiter.timer.cancel()
            waiter.finish(.failure(error))
        }
    }

    private func giveUp(_ number: Int) {
        guard let index = waiters.firstIndex(where: { $0.number == number }) else { return }
        let waiter = waiters.remove(at: index)
        waiter.finish(.failure(StorageError(.unavailable, "\(settings.name): all connections are in use")))
    }

    /// A connection is gone. Those who wait need another.
    private func forget() {
        total -= 1
        if !waiters.isEmpty, total < settings.connections { open() }
        endIfEmpty()
    }

    private func endIfEmpty() {
        guard total == 0, let end = onEmpty else { return }
        onEmpty = nil
        end()
    }
}
