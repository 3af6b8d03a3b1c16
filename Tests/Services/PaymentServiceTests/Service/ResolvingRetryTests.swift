import HTTP
import Kernel
import PaymentProviders
import ServiceTestSupport
import Storage
import Synchronization
import Testing

@testable import PaymentService

@Suite struct ResolvingRetryTests {
    @Test func a_provider_that_does_not_tell_is_asked_after_growing_delays_and_that_is_counted() async throws {
        try await withFake("maximumRetryDelay: 1m") { shop, provider in
            let loop = shop.loop
            let times = Mutex<[Duration]>([])
            provider.change {
                $0.performing = { _ in .unknown(reason: "no answer") }
                $0.finding = { _ in
                    times.withLock { $0.append(loop.uptime) }
                    return .unknown(reason: "no answer")
                }
            }
            #expect(try await shop.pay().status == 202)
            try await shop.wait(.seconds(20))
            let pauses = times.withLock { times in zip(times, times.dropFirst()).map { $1 - $0 } }
            // From half a second, doubled, a quarter more or less, and up to a second until the next look.
            #expect(pauses.count >= 3)
            for (pause, seconds) in zip(pauses, [1.0, 2, 4, 8]) {
                #expect(pause.seconds >= seconds * 0.75 && pause.seconds <= seconds * 1.25 + 1.1, "\(pauses)")
            }
            let asked = times.withLock { $0.count }
            let text = try await shop.send(.get, "payment", "/metrics").text
            #expect(text.contains("sambal_retries_total{destination=\"fake\"} \(asked)\n"))
            #expect(text.contains("sambal_job_runs_total{job=\"resolve payments\"} "))
        }
    }

    /// Its history is so long that no further step is begun.
    @Test func a_reservation_that_cannot_be_given_up_is_left_to_a_person_and_not_tried_all_the_time() async throws {
        try await withFake("authorisationExpiry: 5s") { shop, provider in
            _ = try await shop.pay(capture: "manual")
            let database = try #require(shop.database(of: "payment"))
            let payments = Repository<Payment>(database, detaching: { _ in nil })
            var payment = try #require(try await payments.first(where: []))
            for number in payment.attempts.count..<Payment.maximumAttempts {
                var attempt = PaymentAttempt(
                    id: "ATT-\(number)", action: .capture, amount: 1, idempotencyKey: "K-\(number)",
                    startedAt: shop.loop.now, checkAt: shop.loop.now, isExpiry: false)
                attempt.state = .refused
                payment.attempts.append(attempt)
            }
            try await payments.update(payment)
            try await shop.until { try await shop.tasks("RESERVATION_KEPT").count == 1 }
            let version = try await payments.find(payment.id)?.version
            try await shop.wait(.seconds(60))
            #expect(try await payments.find(payment.id)?.version == version)
            #expect(try await shop.hasStatus("AUTHORISED"))
            #expect(provider.count(.void) == 0)
            // A person may ask again, which ends the same.
            let task = try #require(try await shop.tasks("RESERVATION_KEPT").first)
            let answer = try await shop.resolve(task, "retry")
            #expect((200..<300).contains(answer))
            try await shop.until { try await shop.tasks("RESERVATION_KEPT").count == 1 }
        }
    }
}
