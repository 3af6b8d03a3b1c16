import HTTP
import Kernel
import Messaging
import Storage
import Telemetry

extension RunningService {
    /// The time in which `/readyz` knows, whatever is away.
    private static let limit = Duration.milliseconds(800)

    /// Whether the service should get traffic, and what is away if not.
    public func readiness() async -> Readiness {
        guard state == .ready else { return Readiness(state) }
        let probes = probes
        let found = await withTaskGroup(of: Readiness.Dependency.self) { group in
            for probe in probes { group.addTask { await probe.look(within: Self.limit) } }
            return await group.reduce(into: [Readiness.Dependency]()) { $0.append($1) }
        }
        // Someone may have stopped it meanwhile.
        return Readiness(state, probes.compactMap { probe in found.first { $0.name == probe.name } })
    }

    func makeProbes(_ database: (any Database)?) -> [DependencyProbe] {
        guard let database else { return [] }
        let loop = resources.loop
        let databaseProbe = DependencyProbe("database", loop: loop) { try await database.check() }
        guard !type(of: definition).migrations.isEmpty else { return [databaseProbe] }
        let eventLog = resources.eventLog
        let logProbe = DependencyProbe("event log", loop: loop) { [weak self] in
            try await eventLog.check()
            // It answers, and is not the log that the service has read.
            if let refusal = self?.consumer?.refusal { throw EventError(.logReplaced, refusal) }
        }
        return [databaseProbe, logProbe]
    }

    var readinessRoute: Route {
        Route(
            .get, "/readyz", summary: "Whether the service should get traffic, and what is away if not",
            answers: Readiness.self, statuses: [200, 503]
        ) { [self] _ in
            let readiness = await readiness()
            if !readiness.failures.isEmpty {
                log.warning(
                    "not ready: a dependency is away",
                    metadata: [.error: .string(readiness.failures.joined(separator: "; "))])
            }
            return try .json(readiness, status: readiness.isReady ? 200 : 503)
        }
    }
}
