public import HTTP
import Kernel
public import Runtime
import Synchronization

/// An HTTP/1.1 client on an event loop: libcurl, with connections and their handles reused.
///
/// It follows no redirects, uses no proxy, speaks only `http` and `https`, and never sends a request twice where that
/// could have an effect twice.
public final class HTTPClient: Transport {
    private let loop: EventLoop
    private let multi: Multi

    public init(loop: EventLoop, options: HTTPClientOptions = HTTPClientOptions()) {
        self.loop = loop
        multi = Multi(loop: loop, options: options)
    }

    deinit {
        loop.execute { [multi] in multi.close() }
    }

    /// May be called from a task on any executor. A cancelled task gets `cancelled` at once; its transfer is given up.
    public func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        let ticket = Ticket()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let transfer = Transfer(request: request, ticket: ticket, continuation: continuation)
                loop.runOrExecute { [multi] in multi.start(transfer) }
            }
        } onCancel: {
            ticket.cancel()
            loop.execute { [multi] in multi.cancel(ticket) }
        }
        return try result.get()
    }

    /// Ends the client: requests under way fail as interrupted, later ones as unreachable; connections are closed.
    public func shutdown() async {
        await withCheckedContinuation { continuation in
            loop.runOrExecute { [multi] in
                multi.close()
                continuation.resume()
            }
        }
    }
}

/// The limits of a client: what it bears and how long it waits.
public struct HTTPClientOptions: Sendable {
    /// For a connection to come about; also bounded by each request's own timeout.
    public var connectTimeout: Duration = .seconds(2)
    /// Bytes of an answer's body; beyond it the request fails as too large.
    public var maximumResponse = 16 << 20
    /// Bytes of an answer's header fields.
    public var maximumResponseHeader = 64 << 10
    /// Requests under way at once; others wait.
    public var maximumConcurrent = 256
    /// Requests under way at once that pass a body on in pieces, beside the others. An upload beyond it fails as unreachable; an
    /// answer beyond it comes whole.
    public var maximumStreams = 1024
    /// Requests that may wait; others fail as unreachable.
    public var maximumWaiting = 4096
    /// Idle connections kept for reuse.
    public var maximumIdleConnections = 64
    /// A connection idle for longer is not used again. Shorter than what servers allow, or a request now and then meets
    /// a connection that its server is just closing.
    public var maximumIdleTime: Duration = .seconds(30)
    /// Talks HTTP over this Unix socket, whatever host the URL names: for control interfaces.
    public var unixSocket: String?

    public init() {}
}

/// Names one call of `send`, and says whether its task has been cancelled.
final class Ticket: Sendable {
    private let cancelled = Atomic(false)

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func cancel() { cancelled.store(true, ordering: .releasing) }
}
