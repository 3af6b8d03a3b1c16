import FoundationEssentials
import HTTP
import HTTPServer
import Kernel
import Runtime
import Synchronization
import TLS
import Testing

/// A server on a loop of its own, for the length of a test.
struct TestServer {
    var limits = HTTPLimits()
    var observer: HTTPServer.Observer?
    var tls: TLSCredentials?
    var handshakes: HTTPServer.HandshakeObserver?
    var streaming: BodyStreaming?
    let handler: HTTPServer.Handler

    func run<Result>(_ body: (HTTPServer, EventLoop) async throws -> Result) async throws -> Result {
        let loop = EventLoop(name: "server under test")
        loop.start()
        let server = HTTPServer(
            loop: loop, port: 0, limits: limits, tls: tls, observer: observer, handshakes: handshakes,
            streaming: streaming, handler: handler)
        try server.start()
        do {
            let result = try await body(server, loop)
            await server.stop(grace: .milliseconds(100))
            loop.stop()
            return result
        } catch {
            await server.stop(grace: .milliseconds(100))
            loop.stop()
            throw error
        }
    }
}

/// Waits until the condition holds; `false` when it does not within ten seconds.
func eventually(_ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(10)
    while await !condition() {
        if ContinuousClock.now > end { return false }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return true
}

/// Lets handlers wait until a test opens it.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    var waiting: Int { state.withLock { $0.waiters.count } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// A number that several threads count.
final class Counter: Sendable {
    private let number = Atomic(0)
    var value: Int { number.load(ordering: .relaxed) }
    func add() { number.add(1, ordering: .relaxed) }
}
