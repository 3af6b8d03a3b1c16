import Contracts
import HTTP
import Kernel
import OrderService
import ServiceTestSupport
import Storage
import Synchronization
import Testing

/// Payments of which the request that placed the order heard nothing: asked again in the background.
@Suite struct SettlingTests {
    /// When payment was asked.
    private final class Calls: Sendable {
        private let times = Mutex<[(at: Duration, key: String?)]>([])
        var keys: Set<String?> { times.withLock { Set($0.map(\.key)) } }
        var pauses: [Duration] {
            times.withLock { times in zip(times, times.dropFirst()).map { $1.at - $0.at } }
        }

        func note(_ request: Request, at time: Duration) {
            times.withLock { $0.append((time, request.headers["Idempotency-Key"])) }
        }
    }

    @Test func payment_is_asked_again_after_2_4_and_8_seconds_with_the_same_key_and_that_is_counted() async throws {
        try await OrderUnderTest.run("settleInterval: 50ms") { shop in
            let (loop, calls) = (shop.service.loop, Calls())
            shop.service.transport.register("payment") { request in
                calls.note(request, at: loop.uptime)
                return Response(status: 504)
            }
            #expect(try await shop.place().status == 202)
            #expect(try await Self.retries(of: shop) == 0)
            try await loop.sleep(for: .seconds(25))
            // The first 10 s belong to the request that placed it.
            let expected: [Duration] = [.seconds(10), .seconds(2), .seconds(4), .seconds(8)]
            #expect(calls.pauses.count == expected.count)
            for (pause, wanted) in zip(calls.pauses, expected) {
                #expect(pause > wanted - .milliseconds(200) && pause < wanted + .milliseconds(200), "\(calls.pauses)")
            }
            #expect(calls.keys.count == 1 && calls.keys != [nil])
            #expect(try await Self.retries(of: shop) == 4)
        }
    }

    /// If the order were due while payment is being asked, another process would ask for the same payment at once.
    @Test func the_claim_covers_the_longest_time_of_the_call_and_ends_with_its_answer() async throws {
        try await OrderUnderTest.run("settleInterval: 50ms") { shop in
            let loop = shop.service.loop
            let claims = Mutex<[Duration]>([])
            let orders = Repository<Order>(try #require(shop.service.database), detaching: { _ in nil })
            shop.service.transport.register("payment") { _ in
                let order = try? await orders.first(where: [])
                if let time = order?.settleAt { claims.withLock { $0.append(time - loop.now) } }
                try? await loop.sleep(for: .seconds(4))
                return Response(status: 504)
            }
            #expect(try await shop.place().status == 202)
            try await loop.sleep(for: .seconds(30))
            // 10 s after the order was placed, and then 2 s and 4 s after an answer that took 4 s.
            #expect(claims.withLock { $0.count } == 3)
            #expect(claims.withLock { $0 }.allSatisfy { $0 > .seconds(5) }, "\(claims.withLock { $0 })")
        }
    }

    @Test func a_request_makes_one_attempt_and_is_answered_at_once() async throws {
        try await OrderUnderTest.run { shop in
            shop.service.transport.unregister("payment")
            let start = shop.service.loop.uptime
            let answer = try await shop.place()
            #expect(answer.status == 503)
            #expect(shop.service.loop.uptime - start < .seconds(1))
            #expect(try await Self.retries(of: shop) == 0)
        }
    }

    /// As `/metrics` of the running service has it.
    private static func retries(of shop: OrderUnderTest) async throws -> Int? {
        let text = try await shop.service.send(.get, "/metrics").text
        let line = text.split(separator: "\n").first {
            $0.hasPrefix(#"sambal_retries_total{destination="payment"}"#)
        }
        return line?.split(separator: " ").last.flatMap { Int($0) }
    }
}
