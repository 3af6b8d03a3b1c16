import Kernel
import Runtime
package import Storage

/// The connections of one database, each leased to one transaction at a time. Does what `PoolMachine` decides. Everything
/// here happens on the loop's thread.
final class Pool<Source: Connector>: @unchecked Sendable {  // the loop's thread's own
    typealias Connection = Source.Connection

    private struct Request {
        let finish: (Result<Connection, StorageError>) -> Void
        var timer: ScheduledAction?
    }
    private let loop: EventLoop
    private let settings: PoolSettings
    private let source: Source
    private let worker: any Worker
    private var machine: PoolMachine<ObjectIdentifier>
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var requests: [Int: Request] = [:]
    private var nextRequest = 0
    /// Why no connection could be made the last time.
    private var lastFailure: StorageError?
    private var endings: [() -> Void] = []

    init(_ settings: PoolSettings, _ source: Source, loop: EventLoop) {
        self.settings = settings
        self.source = source
        self.loop = loop
        machine = PoolMachine(connections: settings.connections)
        worker = loop.makeWorker(named: "database-open")
    }

    /// Calls `finish` with a connection that is the caller's until it is given back.
    func take(isWriting: Bool, _ finish: @escaping (Result<Connection, StorageError>) -> Void) {
        nextRequest += 1
        requests[nextRequest] = Request(finish: finish)
        perform(machine.request(nextRequest, isWriting: isWriting, now: loop.uptime))
    }

    /// Takes a connection back. One in the middle of something must be closed before. `conflicted` says that what was
    /// written over it met what others wrote.
    func giveBack(_ connection: Connection, isWriting: Bool, conflicted: Bool) {
        let (key, isOpen) = (ObjectIdentifier(connection), connection.isOpen)
        if !isOpen { connections[key] = nil }
        perform(machine.released(key, isOpen: isOpen, isWriting: isWriting, conflicted: conflicted))
    }

    /// Refuses new requests; calls `finish` when all that was begun has ended.
    func close(_ finish: @escaping () -> Void) {
        endings.append(finish)
        perform(machine.close())
    }

    /// Does what the machine has decided. A caller may ask for more at once: the machine has changed before that.
    private func perform(_ actions: [PoolMachine<ObjectIdentifier>.Action]) {
        for action in actions {
            switch action {
            case .lease(let key, let request):
                guard let connection = connections[key] else {
                    preconditionFailure("the pool leased a connection that it does not have")
                }
                end(request, .success(connection))
            case .refuse(let request, let refusal): end(request, .failure(error(refusal)))
            case .startTimer(let request): startTimer(request)
            case .open: open()
            case .close(let key): close(key)
            case .finish: finish()
            }
        }
    }

    private func end(_ number: Int, _ result: Result<Connection, StorageError>) {
        guard let request = requests.removeValue(forKey: number) else { return }
        request.timer?.cancel()
        request.finish(result)
    }

    private func startTimer(_ request: Int) {
        let limit = settings.connectTimeout + settings.statementTimeout
        requests[request]?.timer = loop.schedule(after: limit) { [weak self] in
            guard let self else { return }
            perform(machine.timedOut(request))
        }
    }

    private func error(_ refusal: PoolMachine<ObjectIdentifier>.Refusal) -> StorageError {
        switch refusal {
        case .closed: StorageError(.closed, "the database is closed")
        case .unreachable: lastFailure ?? StorageError(.unavailable, "\(settings.name): no connection can be made")
        case .crowded: StorageError(.unavailable, "too many transactions wait already")
        case .timedOut: StorageError(.unavailable, "\(settings.name): all connections are in use")
        }
    }

    private func open() {
        worker.submit { [loop, source, self] in
            let result = Result { () throws(ServerError) in try source.establish() }
            loop.execute { self.opened(result) }
        }
    }

    private func opened(_ result: Result<Source.Established, ServerError>) {
        switch result {
        case .success(let established):
            let timeout = settings.statementTimeout + .seconds(2)
            let connection = source.adopt(established, loop: loop, timeout: timeout)
            let key = ObjectIdentifier(connection)
            connection.onLoss = { [weak self] in
                guard let self else { return }
                // One that is leased is taken out when it is given back.
                if machine.isIdle(key) { connections[key] = nil }
                perform(machine.lost(key))
            }
            connections[key] = connection
            perform(machine.opened(key))
        case .failure(let error):
            lastFailure = error.storageError(at: settings.name)
            perform(machine.openFailed(now: loop.uptime))
        }
    }

    private func close(_ key: ObjectIdentifier) {
        guard let connection = connections.removeValue(forKey: key) else { return }
        connection.onLoss = nil
        connection.close()
    }

    private func finish() {
        worker.stop()
        let ended = endings
        endings = []
        for end in ended { end() }
    }
}

/// How a server's connections are used.
package struct PoolSettings: Sendable {
    /// The database, for people to read: without a password.
    package let name: String
    /// How many connections there are at most.
    package let connections: Int
    /// How long a connection is waited for, new or from the pool.
    package let connectTimeout: Duration
    /// How long a statement may take, locks included.
    package let statementTimeout: Duration
    package let reads: ReadLimits

    package init(
        name: String, connections: Int, connectTimeout: Duration, statementTimeout: Duration,
        reads: ReadLimits = ReadLimits()
    ) {
        self.name = name
        self.connections = connections
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.reads = reads
    }
}
