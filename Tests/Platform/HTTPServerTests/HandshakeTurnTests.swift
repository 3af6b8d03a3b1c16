import Glibc
import HTTP
import Kernel
import PlatformTestSupport
import Runtime
import Synchronization
import TLS
import Testing

@testable import HTTPServer

/// How the work of many handshakes is divided among turns of the loop.
@Suite struct HandshakeTurnTests {
    /// Takes what the rest of a turn's budget lets one take, a millisecond each.
    private func turn(_ queue: inout TurnQueue<Int>, each: Duration = .milliseconds(1)) -> [Int] {
        var order: [Int] = []
        while let next = queue.next() {
            order.append(next)
            queue.hasWorked(for: each)
        }
        return order
    }

    @Test func those_who_wait_have_their_turn_first_in_first_out_within_the_budget() {
        var queue = TurnQueue<Int>(budget: .milliseconds(2))
        let began = (0...6).map { number in
            let isFirst = queue.mayBegin(number)
            if isFirst { queue.hasWorked(for: .milliseconds(1)) }
            return isFirst
        }
        #expect(began == [true, true, false, false, false, false, false])
        var orders = [turn(&queue)]
        queue.begin()
        // Others came before it.
        let overtakes = queue.mayBegin(7)
        #expect(!overtakes)
        orders.append(turn(&queue))
        queue.begin()
        // Who takes long has a turn too.
        orders.append(turn(&queue, each: .seconds(1)))
        for _ in 0..<2 {
            queue.begin()
            orders.append(turn(&queue))
        }
        #expect(orders == [[], [2, 3], [4], [5, 6], [7]])
        let isAlone = queue.mayBegin(8)
        #expect(isAlone && queue.isEmpty)
    }

    @Test func no_order_is_lost_among_thousands() {
        var queue = TurnQueue<Int>(budget: .milliseconds(100))
        queue.hasWorked(for: .seconds(1))
        let began = (0..<5000).filter { queue.mayBegin($0) }
        #expect(began.isEmpty)
        var order: [Int] = []
        while !queue.isEmpty {
            queue.begin()
            order += turn(&queue)
        }
        #expect(order == Array(0..<5000))
    }

    @Test func a_handshake_that_waits_for_its_turn_does_not_wake_the_loop() async throws {
        let folder = TemporaryDirectory()
        let paths = try TestCertificate.first.write(into: folder)
        let loop = EventLoop(name: "server under test")
        loop.start()
        var limits = HTTPLimits()
        limits.handshakeTurn = .zero
        let engine = Engine(
            loop: loop, limits: limits, hosts: HostRule(), shared: SharedHTTPLimits(),
            tls: try TLSCredentials(TLSSettings(certificate: paths.certificate, key: paths.key)),
            handler: { _ in .text("ok") }, observer: nil, shortage: nil, handshakes: nil, hangs: nil)
        let socket = try ListeningSocket(.tcp(address: "127.0.0.1", port: 0))
        loop.execute { engine.attach(to: socket.descriptor) }
        func onLoop<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
            await withCheckedContinuation { waiter in loop.execute { waiter.resume(returning: body()) } }
        }

        let clients = (0..<20).map { _ in RawClient(port: socket.port) }
        #expect(await eventually { await onLoop { engine.connections.count == 20 } })
        // All first bytes are there when the loop looks again.
        let (stands, gate) = (OneShot<Void>(), Semaphore())
        let watched = Mutex<Int?>(nil)
        loop.execute {
            stands.give(())
            gate.wait()
        }
        await stands.value()
        for client in clients { client.write(TLSClient.hello()) }
        loop.execute { watched.withLock { $0 = engine.watched.count } }
        gate.signal()
        #expect(await eventually { watched.withLock { $0 } != nil })
        #expect(watched.withLock { $0 } == 1)
        // Each has its turn, and then waits for the client's next bytes.
        #expect(
            await eventually {
                await onLoop { engine.watched.count == 20 && engine.connections.values.allSatisfy { $0.tls != nil } }
            })
        #expect(await onLoop { engine.connections.keys.allSatisfy(Self.sendsAtOnce) })
        await withCheckedContinuation { waiter in
            loop.execute { engine.stop(grace: .zero) { waiter.resume() } }
        }
        loop.stop()
        // Keeps their sockets open until here.
        #expect(clients.count == 20)
    }

    private static func sendsAtOnce(_ socket: Int32) -> Bool {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &size) == 0 && value == 1
    }
}
