import FoundationEssentials
import Glibc
import HTTP
import Kernel
import Runtime
import TLS

/// A client's connection, from accept to close: reads requests one after the other, and answers them in their order.
///
/// Nothing is read while a handler works: what else the client sends waits in the kernel, and slows the client down.
final class Connection: @unchecked Sendable {  // used on the loop's thread only
    /// The states in which the connection waits; each has its own time limit.
    enum Phase {
        /// The TLS handshake, where the server speaks TLS.
        case handshake
        /// A request, or the rest of its head.
        case header
        case body
        case handler
        /// That the client takes the answer.
        case answer
        /// That a client which has been refused stops sending.
        case linger
        case closed
    }
    let socket: Int32
    let isLoopback: Bool
    /// The client's address as text, found out when the first request asks for it.
    private lazy var peerAddress = ListeningSocket.peerAddress(of: socket)
    let server: Engine
    var phase: Phase
    /// In the loop's uptime.
    var deadline: Duration

    /// `nil` without TLS, and until the client's first byte has come.
    var tls: TLSSession?
    /// The events without which TLS cannot go on, where they are others than the phase's own.
    var tlsEvents: Events?
    var input: [UInt8] = []
    var position = 0
    var parser: HeadParser
    var reader: BodyReader?
    var body = Data()
    var began: Duration
    var exchange: Exchange?
    var output: OutgoingMessage?
    var closesAfterAnswer = false
    /// A body was refused while the handler read it.
    var closesInAnyCase = false
    var isReading = true
    private var isProcessing = false
    /// The body that the handler reads while it comes; `nil` if it has come whole.
    var upload: Upload?
    /// The rest of an answer in pieces.
    var download: Download?
    /// Bytes of the body that are counted among those of all connections.
    var reserved = 0
    /// The room of a body that comes in pieces, for a handler that collects it.
    var allowance: BodyAllowance?

    /// Whether the body has as much memory as its length says. It gets it once it has begun to come: a client that only
    /// promises much takes nothing.
    private var hasRoom = false
    private static let bytesBeforeRoom = 64 << 10
    private static let mostRoom = 1 << 20

    /// Requests of one connection that are answered before others have their turn: as many, or as many as take that long.
    private static let (requestsInTurn, turn) = (16, Duration.milliseconds(1))

    init(socket: Int32, isLoopback: Bool, server: Engine, at time: Duration) {
        self.socket = socket
        self.isLoopback = isLoopback
        self.server = server
        parser = HeadParser(limits: server.limits)
        began = time
        phase = server.tls == nil ? .header : .handshake
        deadline = time + (server.tls == nil ? server.limits.headerTime : server.limits.handshakeTime)
    }

    /// Whether a request has begun that is not answered yet.
    var isBusy: Bool { phase != .header || !parser.isEmpty || position < input.count }

    // MARK: What the socket tells

    func isReady(_ events: Events) {
        if phase == .handshake { return server.advanceHandshake(self) }
        if let wanted = tlsEvents, !events.isDisjoint(with: wanted) {
            tlsEvents = nil
            if phase == .linger { return endSending() }
            watch()
            if phase == .header || phase == .body { return read() }
            if upload != nil { return readUpload() }
        }
        if events.contains(.failed), phase == .handler || phase == .answer { return close() }
        if events.contains(.writable), phase == .answer { send() }
        guard phase != .closed, events.contains(.readable) || events.contains(.failed) else { return }
        switch phase {
        case .header, .body: read()
        case .linger: discard()
        case .handler where upload != nil, .answer where upload != nil: readUpload()
        case .handler:
            // Looking would break a TLS connection that the client has half closed, and with it the answer.
            if exchange?.method.isSafe == true, hasClientGone { abandon() }
            pauseReading()
        case .answer:
            // Nobody waits for the rest; who makes it need not go on.
            if download != nil, hasClientGone { return close() }
            // What it has sent instead waits. TLS may have taken what is no part of a request.
            if download == nil || tls == nil || tls?.hasBuffered == true || position < input.count { pauseReading() }
        case .handshake, .closed: break
        }
    }

    func read() {
        let count: Int
        switch receive() {
        case .bytes(let received): count = received
        case .needsReadable: return
        case .needsWritable:
            // The client has asked for new keys, and takes no answer to that.
            tlsEvents = .writable
            return watch()
        case .ended:
            // A client that says it sends no more, amid a request, waits for no answer to it.
            if !isBusy { tls?.sayGoodbye() }
            return close()
        case .failed: return close()
        }
        if !isBusy { begin() }
        input.append(contentsOf: UnsafeRawBufferPointer(rebasing: server.scratch[..<count]))
        process()
        readBuffered()
    }

    /// Whether the client sends no more, and nothing that it has sent is unread.
    var hasClientGone: Bool {
        if let tls { return position == input.count && tls.peekEnd() }
        var byte: UInt8 = 0
        return position == input.count && recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    /// Nobody waits for the answer of a request that only reads: the work for it is broken off.
    func abandon() {
        guard let exchange, exchange.method.isSafe else { return }
        exchange.task?.cancel()
    }

    func pauseReading() {
        guard isReading else { return }
        isReading = false
        watch()
    }

    func resumeReading() {
        guard !isReading else { return }
        isReading = true
        watch()
    }

    func watch() {
        if let tlsEvents { return server.watch(self, tlsEvents) }
        var events: Events = isReading ? .readable : []
        if output != nil { events.insert(.writable) }
        server.watch(self, events)
    }

    // MARK: Requests

    /// A request's first byte has come.
    private func begin() {
        began = server.loop.uptime
        enter(.header, server.limits.headerTime)
    }

    func enter(_ phase: Phase, _ limit: Duration) {
        self.phase = phase
        deadline = server.loop.uptime + limit
    }

    /// Takes what has arrived: request after request, as long as each is answered at once.
    func process() {
        // A handler that answers in place comes back here.
        guard !isProcessing else { return }
        isProcessing = true
        var requests = 0
        let end = server.loop.uptime + Self.turn
        while phase == .header || phase == .body {
            guard requests < Self.requestsInTurn, requests == 0 || server.loop.uptime < end else {
                server.loop.execute { [self] in process() }
                break
            }
            do throws(Refusal) {
                guard try advance() else { break }
                requests += 1
            } catch {
                refuse(error.problem)
            }
        }
        isProcessing = false
        compact()
    }

    /// `false` when more bytes are needed.
    private func advance() throws(Refusal) -> Bool {
        guard phase == .body || position < input.count else { return false }
        if phase == .header {
            guard try takeHead() else { return false }
            try beginBody()
            if case .length(let length) = parser.head.body, mayStream(length) {
                try handleWhileItComes(isWhole: false)
                return true
            }
            sayContinue()
        }
        let isWhole = try takeBody()
        if mayStream(body.count) {
            try handleWhileItComes(isWhole: isWhole)
            return true
        }
        guard isWhole else { return false }
        handle()
        return true
    }

    /// Whether a body of so many bytes is one that the handler gets in pieces. It may let it be larger than whole ones.
    private func mayStream(_ count: Int) -> Bool {
        count > min(BodyStreaming.threshold, server.limits.maximumBody) && server.streaming != nil
    }

    private func takeHead() throws(Refusal) -> Bool {
        try input.withUnsafeBufferPointer { bytes throws(Refusal) in try parser.take(bytes, &position) }
    }

    private func beginBody() throws(Refusal) {
        let head = parser.head
        guard server.hosts.allow(head.host, isLoopback: isLoopback) else {
            throw Refusal(421, "This server does not answer for the host \(head.host ?? "")")
        }
        let isLong =
            switch head.body {
            case .none: false
            case .length(let length): mayStream(length)
            case .chunked: true
            }
        let maximum = isLong ? server.streaming?.maximum() : nil
        let reader = try BodyReader(head.body, maximum: maximum ?? server.limits.maximumBody)
        self.reader = reader
        guard head.body != .none else {
            phase = .body
            return
        }
        enter(.body, server.limits.bodyTime)
    }

    /// Lets a client that waits for it send the body.
    private func sayContinue() {
        if parser.head.expectsContinue, position == input.count, !parser.head.isVersion10 { writeContinue() }
    }

    func writeContinue() {
        let line = "HTTP/1.1 100 Continue\r\n\r\n"
        if let tls {
            tls.writeShortly(Array(line.utf8))
        } else {
            _ = Glibc.send(socket, line, line.utf8.count, Int32(MSG_NOSIGNAL))
        }
    }

    private func takeBody() throws(Refusal) -> Bool {
        if case .length(let length) = parser.head.body, !hasRoom, body.count >= Self.bytesBeforeRoom {
            // A buffer that grows by doubling leaves as much behind as it takes.
            hasRoom = true
            body.reserveCapacity(min(length, Self.mostRoom))
        }
        let isWhole = try input.withUnsafeBufferPointer { bytes throws(Refusal) in
            try reader!.take(bytes, &position, into: &body)
        }
        let more = body.count - reserved
        guard more == 0 || server.shared.reserveBody(more) else {
            throw Refusal(503, "Too many bodies are on their way to this server")
        }
        reserved += more
        return isWhole
    }

    func handle(_ stream: BodyStream? = nil) {
        let head = parser.head
        let exchange = Exchange(head, began: began)
        self.exchange = exchange
        var request = Request(
            method: head.method, path: head.path, rawQuery: head.query, headers: head.headers, body: body)
        request.peerAddress = peerAddress
        request.isEncrypted = tls != nil
        request.stream = stream
        body = Data()
        hasRoom = false
        parser = HeadParser(limits: server.limits)
        reader = nil
        enter(.handler, server.limits.handlerTime)
        server.handle(request, exchange, of: self)
    }

    // MARK: Answers

    /// Sends the answer of the request at hand.
    func answer(_ exchange: Exchange, _ response: Response) {
        guard self.exchange === exchange, exchange.state != .ended, phase == .handler else {
            response.stream?.cancel()
            return
        }
        exchange.state = .ended
        exchange.task = nil
        self.exchange = nil
        // Nobody can tell where the next request begins if the body has not come whole.
        closesAfterAnswer =
            exchange.closes || server.isStopping || upload != nil || closesInAnyCase
            || exchange.isVersion10 && response.stream.map { $0.length == nil } == true
        if response.stream == nil { endUpload() }
        server.observe(exchange.method, response.status, since: exchange.began)
        let connection = closesAfterAnswer ? "close" : exchange.isVersion10 ? "keep-alive" : nil
        write(response, hasBody: exchange.method != .head, connection, isVersion10: exchange.isVersion10)
    }

    /// Answers a request that has not arrived whole or cannot be read, and ends the connection: nobody can tell where the
    /// next request begins.
    func refuse(_ problem: Problem) {
        let head = parser.head
        closesAfterAnswer = true
        body = Data()  // which is not counted any more
        server.observe(head.method, problem.status, since: began)
        write(problem.response(instance: head.path), hasBody: head.method != .head, "close")
    }

    private func write(_ response: Response, hasBody: Bool, _ connection: String?, isVersion10: Bool = false) {
        let head = ResponseHead(response, date: server.date, connection: connection, takesChunks: !isVersion10)
        let isSent = hasBody && ResponseHead.mayHaveBody(response.status)
        if let stream = response.stream { beginDownload(stream, isSent: isSent, isVersion10: isVersion10) }
        output = OutgoingMessage(head: head.bytes, body: isSent ? response.body : Data())
        enter(.answer, server.limits.answerTime)
        send()
    }

    func send() {
        guard var message = output else { return }
        // Without a second reference to it, or its bytes would be copied.
        output = nil
        switch tls.map({ message.send(by: $0) }) ?? message.send(to: socket) {
        case .done:
            if download != nil { return sendDownload() }
            if server.isWatchingWrites(self) { watch() }
            answered()
        case .waits:
            output = message
            watch()
        case .failed: close()
        }
    }

    func answered() {
        endUpload()
        release()
        // A server that began to stop meanwhile waits for no further request.
        if closesAfterAnswer || server.isStopping { return endSending() }
        enter(.header, server.limits.idleTime)
        if position < input.count { begin() }
        resumeReading()
        process()
        readBuffered()
    }

    /// Lets go of what has been read.
    func compact() {
        if position == input.count {
            position = 0
            // Idle connections keep no more than a small request needs.
            input.removeAll(keepingCapacity: input.capacity <= 2048)
        } else if position >= 64 << 10 {
            input.removeFirst(position)
            position = 0
        }
    }
}
