import HTTP
import HTTPClient
import HTTPServer
import Runtime
import Synchronization

/// A client on a loop of its own, for the length of `body`.
func withClient<Result>(
    _ options: HTTPClientOptions = HTTPClientOptions(), _ body: (HTTPClient, EventLoop) async throws -> Result
) async throws -> Result {
    let loop = EventLoop(name: "client under test")
    loop.start()
    let client = HTTPClient(loop: loop, options: options)
    do {
        let result = try await body(client, loop)
        await client.shutdown()
        loop.stop()
        return result
    } catch {
        await client.shutdown()
        loop.stop()
        throw error
    }
}

/// A client and a server on one loop, as the product has them.
struct TestExchange {
    var options = HTTPClientOptions()
    let handler: HTTPServer.Handler

    func run<Result>(_ body: (HTTPClient, String) async throws -> Result) async throws -> Result {
        try await withClient(options) { client, loop in
            let server = HTTPServer(loop: loop, port: 0, handler: handler)
            try server.start()
            do {
                let result = try await body(client, "http://127.0.0.1:\(server.port)")
                await server.stop(grace: .milliseconds(100))
                return result
            } catch {
                await server.stop(grace: .milliseconds(100))
                throw error
            }
        }
    }
}

extension HTTPClient {
    /// What went wrong with a request; `nil` when it was answered.
    func failure(_ request: OutboundRequest) async -> TransportError? {
        do throws(TransportError) {
            _ = try await send(request)
            return nil
        } catch { return error }
    }
}

/// A number that several threads count.
final class Counter: Sendable {
    private let number = Atomic(0)
    private let highest = Atomic(0)
    var value: Int { number.load(ordering: .relaxed) }
    var peak: Int { highest.load(ordering: .relaxed) }

    func add(_ difference: Int = 1) {
        let value = number.add(difference, ordering: .relaxed).newValue
        highest.max(value, ordering: .relaxed)
    }
}

/// Waits until the condition holds; `false` when it does not within ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(10)
    while !condition() {
        if ContinuousClock.now > end { return false }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return true
}
