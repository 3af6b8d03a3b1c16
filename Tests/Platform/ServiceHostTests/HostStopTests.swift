import Configuration
import HTTP
import Kernel
import PlatformTestSupport
import ServiceHost
import ServiceTestSupport
import Testing

/// A request to `/slow` takes a minute, and the background work takes five seconds to end.
private func stubbornParts(_ context: ServiceEnvironment) -> ServiceParts {
    ServiceParts(
        routes: [
            .get("/slow", summary: "Takes a minute") { _ in
                try await context.loop.sleep(for: .seconds(60))
                return .text("done\n")
            }
        ],
        background: [
            .init("stubborn") {
                while !Task.isCancelled { try? await context.loop.sleep(for: .seconds(3600)) }
                // As one that gives back what it holds, and is not answered.
                await context.loop.start { try? await context.loop.sleep(for: .seconds(5)) }.value
            }
        ])
}

private struct FirstService: ServiceDefinition {
    static let name = "first"
    static let kind = ServiceKind.stateless
    static let port = 1
    static let summary = "takes long to stop"

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts { stubbornParts(context) }
}

private struct SecondService: ServiceDefinition {
    static let name = "second"
    static let kind = ServiceKind.stateless
    static let port = 2
    static let summary = "takes long to stop"

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts { stubbornParts(context) }
}

/// How long a stop of several services takes together.
@Suite struct HostStopTests {
    private func stopping(
        grace: Duration, _ body: @escaping @Sendable (ServicesUnderTest) async throws -> Void = { _ in }
    ) async throws -> Duration {
        try await LoopKind.simulated.run { loop in
            let services = try ServicesUnderTest([FirstService.self, SecondService.self], "", on: loop)
            try await services.start()
            // Their background work has begun.
            try await loop.sleep(for: .milliseconds(100))
            try await body(services)
            let began = loop.uptime
            await services.stop(grace: grace)
            #expect(services["first"]?.state == .stopped && services["second"]?.state == .stopped)
            return loop.uptime - began
        }
    }

    @Test func background_work_that_ends_slowly_ends_side_by_side() async throws {
        let length = try await stopping(grace: .seconds(10))
        #expect(length >= .seconds(5) && length < .seconds(7), "\(length)")
    }

    @Test func the_grace_is_that_of_all_services_together() async throws {
        let length = try await stopping(grace: .seconds(10)) { services in
            for name in ["first", "second"] {
                _ = services.loop.start { _ = try? await services.send(.get, name, "/slow") }
            }
            try await services.loop.sleep(for: .milliseconds(100))
        }
        #expect(length >= .seconds(10) && length < .seconds(17), "\(length)")
    }
}
