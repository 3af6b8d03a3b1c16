import Glibc
import HTTP
import Kernel
import Runtime
import TLS

/// The connections of one server, on one loop.
final class Engine: @unchecked Sendable {  // after `attach` used on the loop's thread only
    let loop: EventLoop
    let limits: HTTPLimits
    let hosts: HostRule
    let shared: SharedHTTPLimits
    let tls: TLSCredentials?
    let streaming: BodyStreaming?
    /// Where every connection's bytes arrive first.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 16)
    private let handler: HTTPServer.Handler
    private let observer: HTTPServer.Observer?
    private let handshakeObserver: HTTPServer.HandshakeObserver?
    private let acceptor: Acceptor
    private let handshakes: Handshakes
    private var handshakeTurns: TurnQueue<Connection>
    private var isTurnScheduled = false
    private(set) var connections: [Int32: Connection] = [:]
    /// The events that each socket is watched for.
    private(set) var watched: [Int32: Events] = [:]
    private var handlersAtWork = 0
    private var isSweeping = false
    private var stopping: Stopping?
    private var clock = HTTPDate()

    private struct Stopping {
        let grace: ScheduledAction
        let completion: @Sendable () -> Void
    }

    init(
        loop: EventLoop, limits: HTTPLimits, hosts: HostRule, shared: SharedHTTPLimits, tls: TLSCredentials?,
        streaming: BodyStreaming? = nil, handler: @escaping HTTPServer.Handler, observer: HTTPServer.Observer?,
        shortage: HTTPServer.ShortageObserver?, handshakes: HTTPServer.HandshakeObserver?, hangs: HangResponder?
    ) {
        self.loop = loop
        self.limits = limits
        self.hosts = hosts
        self.shared = shared
        self.tls = tls
        self.streaming = streaming
        self.handler = handler
        self.observer = observer
        handshakeObserver = handshakes
        self.handshakes = Handshakes(maximum: max(1, min(limits.maximumHandshakes, limits.maximumConnections / 2)))
        handshakeTurns = TurnQueue(budget: limits.handshakeTurn)
        // A client that speaks TLS could not read the answer of somebody who does not.
        acceptor = Acceptor(
            loop: loop, maximum: limits.maximumConnections, shared: shared, shortage: shortage,
            hangs: tls == nil ? hangs : nil)
    }

    deinit { scratch.deallocate() }

    /// Begins to serve a socket, which belongs to the engine from here on.
    func attach(to listener: Int32) {
        acceptor.start(listener) { [self] socket in open(socket) }
    }

    var isStopping: Bool { stopping != nil }
    var date: [UInt8] { clock.bytes(at: loop.now) }

    // MARK: Connections

    private func open(_ socket: Int32) {
        let connection = Connection(
            socket: socket, isLoopback: ListeningSocket.isLoopback(socket), server: self, at: loop.uptime)
        connections[socket] = connection
        watch(connection, .readable)
        startSweeping()
        if tls != nil, let oldest = handshakes.add(connection) { oldest.endHandshake(.displaced) }
    }

    /// Lets a handshake whose socket is ready go on: now, or when its turn comes.
    func advanceHandshake(_ connection: Connection) {
        guard handshakeTurns.mayBegin(connection) else {
            // Its socket stays ready, and would wake the loop again and again until then.
            watched[connection.socket] = nil
            return loop.unwatch(connection.socket)
        }
        makeHandshakeStep(connection)
    }

    private func makeHandshakeStep(_ connection: Connection) {
        let began = loop.uptime
        connection.shakeHands()
        handshakeTurns.hasWorked(for: loop.uptime - began)
        scheduleHandshakeTurn()
    }

    /// By a timer, since what is executed comes before the loop looks at sockets again.
    private func scheduleHandshakeTurn() {
        guard !isTurnScheduled else { return }
        isTurnScheduled = true
        loop.schedule(after: .zero) { [self] in
            isTurnScheduled = false
            handshakeTurns.begin()
            while let next = handshakeTurns.next() {
                // It may have been closed while it waited.
                if next.phase == .handshake { makeHandshakeStep(next) }
            }
            if !handshakeTurns.isEmpty { scheduleHandshakeTurn() }
        }
    }

    func handshakeEnded(_ outcome: HandshakeOutcome) {
        handshakes.ended()
        handshakeObserver?(outcome)
    }

    func watch(_ connection: Connection, _ events: Events) {
        guard watched.updateValue(events, forKey: connection.socket) != events else { return }
        loop.watch(connection.socket, events) { connection.isReady($0) }
    }

    func isWatchingWrites(_ connection: Connection) -> Bool {
        watched[connection.socket]?.contains(.writable) == true
    }

    func close(_ connection: Connection) {
        let socket = connection.socket
        connections[socket] = nil
        watched[socket] = nil
        loop.unwatch(socket)
        Glibc.close(socket)
        acceptor.connectionEnded()
        if connections.isEmpty { finishStopping() }
    }

    private func startSweeping() {
        guard !isSweeping else { return }
        isSweeping = true
        loop.schedule(after: limits.sweepInterval) { [self] in
            isSweeping = false
            let time = loop.uptime
            for connection in connections.values { connection.expire(at: time) }
            if !connections.isEmpty { startSweeping() }
        }
    }

    // MARK: Handlers

    func handle(_ request: Request, _ exchange: Exchange, of connection: Connection) {
        guard handlersAtWork < limits.maximumInFlight else {
            let problem = Problem.unavailable(
                "Too many requests are in work", retryAfter: limits.retryAfter, dependency: Problem.server)
            return connection.answer(exchange, problem.response(instance: exchange.path))
        }
        handlersAtWork += 1
        loop.note(request.path)
        let task = Task.immediate(executorPreference: loop) { [self] in
            let response = await handler(request)
            handlersAtWork -= 1
            connection.answer(exchange, response)
        }
        guard exchange.state == .handling else { return }
        exchange.state = .suspended
        exchange.task = task
    }

    func observe(_ method: HTTPMethod, _ status: Int, since began: Duration) {
        observer?(method, status, loop.uptime - began)
    }

    // MARK: Stopping

    /// Takes no new connections and requests, lets the ones that have begun end, for as long as `grace`.
    func stop(grace: Duration, _ completion: @escaping @Sendable () -> Void) {
        guard stopping == nil else { return completion() }
        // What has arrived already is in flight too.
        acceptor.stop()
        stopping = Stopping(grace: loop.schedule(after: grace) { [self] in giveUp() }, completion: completion)
        for connection in Array(connections.values) {
            connection.download?.stream.askToEnd()
            connection.endIfIdle()
        }
        if connections.isEmpty { finishStopping() }
    }

    private func giveUp() {
        for connection in Array(connections.values) {
            if let exchange = connection.exchange {
                exchange.task?.cancel()
                let problem = Problem.brokenOff(exchange.method, "The server stops")
                connection.answer(exchange, problem.response(instance: exchange.path))
            }
            connection.close()
        }
        finishStopping()
    }

    private func finishStopping() {
        guard let stopping else { return }
        self.stopping = nil
        stopping.grace.cancel()
        stopping.completion()
    }
}
