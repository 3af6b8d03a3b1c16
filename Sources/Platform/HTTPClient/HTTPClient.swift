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
