import Glibc
public import HTTP
public import Runtime
import Synchronization
public import TLS

/// An HTTP/1.1 server on an event loop. Several servers may share one loop, and what they may hold together.
///
/// Handlers start and stay on the loop, so they must not block. A server lives once: from `start()` to `stop()`.
public final class HTTPServer: Sendable {
    public typealias Handler = @Sendable (Request) async -> Response
    /// Told of each answer, on the loop: the method, the status, and the time since the request arrived. The method is
    /// empty if the request line could not be read.
    public typealias Observer = @Sendable (HTTPMethod, Int, Duration) -> Void
    /// Told, on the loop, that connections cannot be accepted for now, and why: descriptors or memory have run out, or
    /// there are as many as may be. The server goes on by itself when that has passed.
    public typealias ShortageObserver = @Sendable (String) -> Void

    /// Told, on the loop, how a TLS handshake has ended.
    public typealias HandshakeObserver = @Sendable (HandshakeOutcome) -> Void

    private enum State {
        case new
        case started(Engine, port: Int)
        case stopped
    }
    private let endpoint: Endpoint
    private let loop: EventLoop
    private let state = Mutex(State.new)
    private let makeEngine: @Sendable () -> Engine

    /// With `tls` it speaks HTTP by TLS only; with `streaming` the handler gets long bodies in pieces.
    public init(
        loop: EventLoop, endpoint: Endpoint, limits: HTTPLimits = HTTPLimits(), hosts: HostRule = HostRule(),
        shared: SharedHTTPLimits = SharedHTTPLimits(), tls: TLSCredentials? = nil, observer: Observer? = nil,
        shortage: ShortageObserver? = nil, handshakes: HandshakeObserver? = nil, hangs: HangResponder? = nil,
        streaming: BodyStreaming? = nil, handler: @escaping Handler
    ) {
        self.loop = loop
        self.endpoint = endpoint
        makeEngine = {
            Engine(
                loop: loop, limits: limits, hosts: hosts, shared: shared, tls: tls, streaming: streaming,
                handler: handler, observer: observer, shortage: shortage, handshakes: handshakes, hangs: hangs)
        }
    }

    /// Port 0 lets the system choose: `port` tells after `start()`.
    public convenience init(
        loop: EventLoop, address: String = "127.0.0.1", port: Int, limits: HTTPLimits = HTTPLimits(),
        hosts: HostRule = HostRule(), shared: SharedHTTPLimits = SharedHTTPLimits(), tls: TLSCredentials? = nil,
        observer: Observer? = nil, shortage: ShortageObserver? = nil, handshakes: HandshakeObserver? = nil,
        hangs: HangResponder? = nil, streaming: BodyStreaming? = nil, handler: @escaping Handler
    ) {
        self.init(
            loop: loop, endpoint: .tcp(address: address, port: port), limits: limits, hosts: hosts, shared: shared,
            tls: tls, observer: observer, shortage: shortage, handshakes: handshakes, hangs: hangs,
            streaming: streaming, handler: handler)
    }

    /// The port that the server listens at; 0 before it has started, and for a Unix socket.
    public var port: Int {
        state.withLock { state in
            if case .started(_, let port) = state { port } else { 0 }
        }
    }

    /// Listens from here on; a client that connects at once is answered as soon as the loop runs.
    public func start() throws(HTTPServerError) {
        let (engine, socket) = try state.withLock { state throws(HTTPServerError) in
            guard case .new = state else {
                throw HTTPServerError(
                    code: .alreadyStarted, description: "The server at \(endpoint) was started before")
            }
            let socket = try ListeningSocket(endpoint)
            let engine = makeEngine()
            state = .started(engine, port: socket.port)
            return (engine, socket)
        }
        loop.execute { engine.attach(to: socket.descriptor) }
    }

    /// Takes no new requests, answers those in work (with `Connection: close`), then closes. After `grace` it closes
    /// whatever is left: handlers still at work are cancelled, their clients get 503, and answers in pieces are cut off. Those who
    /// make such answers are asked to end at once; streams of events do.
    public func stop(grace: Duration = .seconds(10)) async {
        let engine = state.withLock { state -> Engine? in
            guard case .started(let engine, _) = state else { return nil }
            state = .stopped
            return engine
        }
        guard let engine else { return }
        if case .unix(let path) = endpoint { unlink(path) }
        await withCheckedContinuation { continuation in
            loop.execute { engine.stop(grace: grace) { continuation.resume() } }
        }
    }
}

/// Why a server could not start.
public struct HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// Another process listens there.
        case addressInUse
        /// The address is not one of this machine, or none at all.
        case invalidAddress
        /// A port below 1024, or a path that this user may not write.
        case notPermitted
        /// The server was started before.
        case alreadyStarted
        case system
    }
    public let code: Code
    public let description: String
}
