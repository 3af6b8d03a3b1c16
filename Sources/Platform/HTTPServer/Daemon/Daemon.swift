import CMicroHTTPD
import FoundationEssentials
import Glibc
import HTTP
import Kernel
import Runtime

/// libmicrohttpd, driven by a loop: its epoll set is one descriptor of the loop's.
final class Daemon: @unchecked Sendable {  // after `attach` used on the loop's thread only
    let loop: EventLoop
    let limits: HTTPLimits
    let handler: HTTPServer.Handler
    let observer: HTTPServer.Observer?

    private var raw: OpaquePointer?
    private var source: EventLoop.SourceID?
    private var mustRun = false
    /// When the daemon began the round it is in: exact enough for deadlines, and read once for many requests.
    private var roundBegan: Duration = .zero
    private var isSweeping = false
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var handlersAtWork = 0
    private var stopping: Stopping?

    private struct Stopping {
        let grace: ScheduledAction
        let completion: @Sendable () -> Void
    }

    init(
        loop: EventLoop, limits: HTTPLimits, handler: @escaping HTTPServer.Handler, observer: HTTPServer.Observer?
    ) {
        self.loop = loop
        self.limits = limits
        self.handler = handler
        self.observer = observer
    }

    /// Begins to serve a socket, which belongs to the daemon from here on.
    func attach(to listener: Int32) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        // A request's header, the daemon's own records of it and the answer's header share this memory.
        let memory = max(limits.maximumHeader * 2, 8 << 10)
        raw = mhd_start(listener, UInt32(limits.maximumConnections), memory, .serving(context))
        guard let raw else { return }
        loop.watch(mhd_epoll_descriptor(raw), .readable) { [self] _ in mustRun = true }
        source = loop.addSource { [self] in prepare() }
        mustRun = true
    }

    // MARK: The loop

    private func prepare() -> Duration? {
        guard let raw else { return nil }
        if mustRun {
            mustRun = false
            run(raw)
        }
        if stopping != nil, connections.isEmpty {
            finishStopping()
            return .zero
        }
        var milliseconds: CUnsignedLongLong = 0
        if MHD_get_timeout(raw, &milliseconds) == .YES { mustRun = true }
        return mustRun ? .zero : nil
    }

    private func run(_ raw: OpaquePointer) {
        roundBegan = loop.uptime
        MHD_run(raw)
    }

    private func startSweeping() {
        guard !isSweeping else { return }
        isSweeping = true
        loop.schedule(after: limits.sweepInterval) { [self] in
            isSweeping = false
            let time = loop.uptime
            for connection in connections.values where connection.deadline < time { expire(connection, at: time) }
            if !connections.isEmpty { startSweeping() }
        }
    }

    private func expire(_ connection: Connection, at time: Duration) {
        switch connection.phase {
        case .header, .answer, .linger:
            connection.deadline = time + limits.answerTime
            connection.hangUp()
        case .body:
            guard let exchange = connection.exchange else { return }
            refuse(exchange, Problem(status: 408, detail: "The body did not arrive within \(limits.bodyTime)"))
        case .handler:
            guard let exchange = connection.exchange else { return }
            exchange.task?.cancel()
            // The handler goes on, and nobody hears how it ends.
            let problem = Problem.brokenOff(
                exchange.method, "The answer was not ready within \(limits.handlerTime)",
                retryAfter: limits.retryAfter)
            answer(exchange, problem.response(instance: exchange.path))
        }
    }

    // MARK: Connections, as the daemon tells of them

    func opened(_ raw: OpaquePointer) -> Connection {
        let connection = Connection(socket: mhd_socket(raw), deadline: roundBegan + limits.headerTime)
        connections[ObjectIdentifier(connection)] = connection
        startSweeping()
        return connection
    }

    func closed(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    // MARK: Requests, as the daemon tells of them

    /// The request line has arrived.
    func began(_ raw: OpaquePointer, _ connection: Connection, target: String) -> Exchange {
        let exchange = Exchange(raw: raw, connection: connection, target: target, began: roundBegan)
        connection.exchange = exchange
        connection.enter(.header, until: roundBegan + limits.headerTime)
        return exchange
    }

    /// The header has arrived; then parts of the body; then its end, as no bytes.
    func received(
        _ exchange: Exchange, method: UnsafePointer<CChar>, bytes: UnsafeRawBufferPointer
    ) -> MHD_Result {
        switch exchange.state {
        case .line:
            exchange.method = Method(method)
            return receivedHeader(exchange)
        case .body where bytes.isEmpty:
            return handle(exchange)
        case .body:
            return receivedPart(bytes, of: exchange)
        case .refused:
            return bytes.isEmpty ? .NO : .YES
        case .answered:
            return exchange.queueAnswer()
        case .handling, .suspended, .ended:
            return .NO
        }
    }

    /// The request is over, with an answer or without.
    func completed(_ exchange: Exchange) {
        if exchange.state != .answered { exchange.task?.cancel() }
        exchange.state = .ended
        exchange.task = nil
        exchange.connection.exchange = nil
        exchange.connection.enter(.header, until: roundBegan + limits.idleTime)
        if stopping != nil { exchange.connection.hangUp() }
    }

    private func receivedHeader(_ exchange: Exchange) -> MHD_Result {
        let length = MHD_lookup_connection_value(exchange.raw, .HEADER_KIND, "Content-Length")
        let announced = length.flatMap { Int(String(cString: $0)) }
        if mhd_header_size(exchange.raw) > limits.maximumHeader {
            let detail = "The header is larger than \(limits.maximumHeader) bytes"
            return refuse(exchange, Problem(status: 431, detail: detail))
        }
        if let announced, announced > limits.maximumBody { return refuse(exchange, tooLarge) }
        if length != nil, MHD_lookup_connection_value(exchange.raw, .HEADER_KIND, "Transfer-Encoding") != nil {
            // RFC 9112 §6.1: the two together are how requests are smuggled.
            return refuse(
                exchange, Problem(status: 400, detail: "Content-Length and Transfer-Encoding exclude each other"))
        }
        if let announced, announced > 0 { exchange.body.reserveCapacity(announced) }
        exchange.state = .body
        exchange.connection.enter(.body, until: roundBegan + limits.bodyTime)
        return .YES
    }

    private func receivedPart(_ bytes: UnsafeRawBufferPointer, of exchange: Exchange) -> MHD_Result {
        guard exchange.body.count + bytes.count <= limits.maximumBody else { return refuse(exchange, tooLarge) }
        // Not as a collection, which is taken over byte by byte.
        exchange.body.append(bytes.bindMemory(to: UInt8.self))
        return .YES
    }

    private var tooLarge: Problem {
        Problem(status: 413, detail: "The body is larger than \(limits.maximumBody) bytes")
    }

    /// Answers a request that has not arrived whole, and ends the connection: whatever still comes on it is the rest of
    /// that request. It is read for a moment, since closing a socket with unread bytes would take the answer back.
    @discardableResult
    private func refuse(_ exchange: Exchange, _ problem: Problem) -> MHD_Result {
        exchange.state = .refused
        exchange.body.removeAll()
        problem.response(instance: exchange.path).write(to: exchange.connection.socket)
        let time = loop.uptime
        exchange.connection.enter(.linger, until: time + .seconds(1))
        observer?(exchange.method, problem.status, time - exchange.began)
        return .YES
    }

    // MARK: Handlers

    private func handle(_ exchange: Exchange) -> MHD_Result {
        guard handlersAtWork < limits.maximumInFlight else {
            let problem = Problem.unavailable("Too many requests are in work", retryAfter: limits.retryAfter)
            answer(exchange, problem.response(instance: exchange.path))
            return exchange.queueAnswer()
        }
        handlersAtWork += 1
        exchange.state = .handling
        exchange.connection.enter(.handler, until: roundBegan + limits.handlerTime)
        let request = Request(exchange)
        exchange.body.removeAll()
        let task = Task.immediate(executorPreference: loop) { [self] in
            let response = await handler(request)
            handlersAtWork -= 1
            answer(exchange, response)
        }
        if exchange.state == .answered { return exchange.queueAnswer() }
        exchange.task = task
        exchange.state = .suspended
        MHD_suspend_connection(exchange.raw)
        return .YES
    }

    /// The first answer counts: a handler that comes after its time limit finds the request answered.
    private func answer(_ exchange: Exchange, _ response: Response) {
        let isSuspended = exchange.state == .suspended
        switch exchange.state {
        case .body, .handling, .suspended: break
        case .line, .refused, .answered, .ended: return
        }
        exchange.setAnswer(response.make(closing: stopping != nil), status: response.status)
        exchange.task = nil
        let time = loop.uptime
        exchange.connection.enter(.answer, until: time + limits.answerTime)
        observer?(exchange.method, response.status, time - exchange.began)
        if isSuspended {
            MHD_resume_connection(exchange.raw)
            mustRun = true
        }
    }

    // MARK: Stopping

    /// Takes no new connections and requests, lets the ones that have begun end, for as long as `grace`.
    func stop(grace: Duration, _ completion: @escaping @Sendable () -> Void) {
        guard let raw, stopping == nil else { return completion() }
        // What has arrived already is in flight too.
        run(raw)
        close(MHD_quiesce_daemon(raw))
        let action = loop.schedule(after: grace) { [self] in giveUp() }
        stopping = Stopping(grace: action, completion: completion)
        for connection in connections.values where connection.exchange == nil { connection.hangUp() }
        mustRun = true
    }

    private func giveUp() {
        guard let raw, stopping != nil else { return }
        for connection in connections.values {
            guard let exchange = connection.exchange else { continue }
            exchange.task?.cancel()
            let isAtWork = exchange.state == .handling || exchange.state == .suspended
            let reason = "The server stops"
            let problem = isAtWork ? Problem.brokenOff(exchange.method, reason) : .unavailable(reason)
            answer(exchange, problem.response(instance: exchange.path))
        }
        run(raw)
        finishStopping()
    }

    private func finishStopping() {
        guard let raw, let stopping else { return }
        loop.unwatch(mhd_epoll_descriptor(raw))
        if let source { loop.removeSource(source) }
        // Closes what is left.
        MHD_stop_daemon(raw)
        self.raw = nil
        stopping.grace.cancel()
        stopping.completion()
        self.stopping = nil
    }
}
