import HTTP
import Kernel
import Synchronization

/// The requests that a service is answering, through its listener or from within the process.
final class InFlight: Sendable {
    private let count = Mutex(0)
    private let ended = Signal()

    func answer(_ request: Request, by respond: @Sendable (Request) async -> Response) async -> Response {
        count.withLock { $0 += 1 }
        let response = await respond(request)
        if count.withLock({ count in
            count -= 1
            return count == 0
        }) {
            ended.raise()
        }
        return response
    }

    /// Waits until no request is in flight, at most for `limit`. One task at a time may wait.
    func drain(within limit: Duration, on loop: any Loop) async {
        let end = loop.uptime + limit
        while count.withLock({ $0 }) > 0, loop.uptime < end {
            await ended.wait(on: loop, atMost: end - loop.uptime)
        }
    }
}
