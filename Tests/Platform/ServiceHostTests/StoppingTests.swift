import Configuration
import HTTP
import Kernel
import ServiceHost
import ServiceTestSupport
import Synchronization
import Testing

/// Answers `/slow` after a second.
private struct SlowService: ServiceDefinition {
    static let name = "slow"
    static let kind = ServiceKind.stateless
    static let port = 1
    static let summary = "takes its time"

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        ServiceParts(routes: [
            .get("/slow", summary: "Takes a second") { _ in
                try await context.loop.sleep(for: .seconds(1))
                return .text("done\n")
            }
        ])
    }
}

@Suite struct StoppingTests {
    @Test func a_call_of_this_process_that_is_under_way_is_answered_before_the_service_stops() async throws {
        try await withServices([SlowService.self]) { services in
            let loop = services.loop
            let answer = Mutex<Int?>(nil)
            let call = loop.start {
                let status = try? await services.send(.get, "slow", "/slow").status
                answer.withLock { $0 = status }
            }
            try await loop.sleep(for: .milliseconds(100))
            let began = loop.uptime
            await services["slow"]?.stop(grace: .seconds(10))
            #expect(loop.uptime - began >= .milliseconds(900))
            await call.value
            #expect(answer.withLock { $0 } == 200)
            let late = await #expect(throws: TransportError.self) { try await services.send(.get, "slow", "/slow") }
            #expect(late?.isKnownNotSent == true)
        }
    }

    @Test func what_takes_longer_than_the_grace_is_not_waited_for() async throws {
        try await withServices([SlowService.self]) { services in
            let loop = services.loop
            let call = loop.start { _ = try? await services.send(.get, "slow", "/slow") }
            try await loop.sleep(for: .milliseconds(100))
            let began = loop.uptime
            await services["slow"]?.stop(grace: .milliseconds(200))
            #expect(loop.uptime - began < .milliseconds(900))
            await call.value
        }
    }

    @Test func a_service_that_is_about_to_stop_says_so_and_still_answers() async throws {
        try await withServices([SlowService.self]) { services in
            let before = try await services.send(.get, "slow", "/readyz")
            services["slow"]?.announceStop()
            let (after, answer) = (
                try await services.send(.get, "slow", "/readyz"), try await services.send(.get, "slow", "/slow")
            )
            #expect([before.status, after.status, answer.status] == [200, 503, 200])
            await services["slow"]?.stop(grace: .zero)
            #expect(services["slow"]?.state == .stopped)
        }
    }
}
