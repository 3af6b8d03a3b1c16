import HTTP
import Kernel
import PaymentProviders
import ServiceTestSupport
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
}
