import Glibc
public import HTTP
public import Runtime
import Synchronization

/// An HTTP/1.1 server on an event loop. Several servers may share one loop.
///
/// Handlers start and stay on the loop, so they must not block. A server lives once: from `start()` to `stop()`.
public final class HTTPServer: Sendable {
    public typealias Handler = @Sendable (Request) async -> Response
    /// Told of each answer, on the loop: the method, the status, and the time since the request line arrived.
    public typealias Observer = @Sendable (Method, Int, Duration) -> Void

    private enum State {
        case new
        case started(Daemon, port: Int)
        case stopped
    }
    private let endpoint: Endpoint
    private let loop: EventLoop
    private let state = Mutex(State.new)
    private let makeDaemon: @Sendable () -> Daemon

    public init(
        loop: EventLoop, endpoint: Endpoint, limits: HTTPLimits = HTTPLimits(), observer: Observer? = nil,
        handler: @escaping Handler
    ) {
        self.loop = loop
        self.endpoint = endpoint
        makeDaemon = { Daemon(loop: loop, limits: limits, handler: handler, observer: observer) }
    }

    /// Port 0 lets the system choose: `port` tells after `start()`.
    public convenience init(
        loop: EventLoop, address: String = "127.0.0.1", port: Int, limits: HTTPLimits = HTTPLimits(),
        observer: Observer? = nil, handler: @escaping Handler
    ) {
        self.init(
            loop: loop, endpoint: .tcp(address: address, port: port), limits: limits, observer: observer,
            handler: handler)
    }

    /// The port that the server listens at; 0 before it has started, and for a Unix socket.
    public var port: Int {
        state.withLock { state in
            if case .started(_, let port) = state { port } else { 0 }
        }
    }

    /// Listens from here on; a client that connects at once is answered as soon as the loop runs.
    public func start() throws(HTTPServerError) {
        let daemon = try state.withLock { state throws(HTTPServerError) in
            guard case .new = state else {
                throw HTTPServerError(
                    code: .alreadyStarted, description: "The server at \(endpoint) was started before")
            }
            let socket = try ListeningSocket(endpoint)
            let daemon = makeDaemon()
            state = .started(daemon, port: socket.port)
            return (daemon, socket)
        }
        loop.execute { daemon.0.attach(to: daemon.1.descriptor) }
    }

    /// Takes no new requests, answers those in work (with `Connection: close`), then closes. After `grace` it closes
    /// whatever is left: handlers still at work are cancelled, their clients get 503.
    public func stop(grace: Duration = .seconds(10)) async {
        let daemon = state.withLock { state -> Daemon? in
            guard case .started(let daemon, _) = state else { return nil }
            state = .stopped
            return daemon
        }
        guard let daemon else { return }
        if case .unix(let path) = endpoint { unlink(path) }
        await withCheckedContinuation { continuation in
            loop.execute { daemon.stop(grace: grace) { continuation.resume() } }
        }
    }
}
