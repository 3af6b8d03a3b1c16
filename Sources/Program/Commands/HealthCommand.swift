import HTTP
import HTTPClient
import Kernel
import Runtime
import ServiceHost

/// Asks services as a probe does: for containers, units and scripts that have no HTTP client.
enum HealthCommand: Command {
    static let name = "health"
    static let summary = "asks the services that run here whether they are well; the exit status tells"
    static let forms = [
        Form(
            "", .any("NAME"), summary,
            options: [
                .data,
                Option("ready", nil, "ask whether they should get traffic (/readyz), not whether they live (/livez)"),
            ], run: run)
    ]

    /// A process whose loop hangs never answers.
    private static let timeout = Duration.seconds(3)

    private struct Verdict: Sendable {
        let name: String
        let isWell: Bool
        let words: String
    }

    @Sendable private static func run(_ arguments: Arguments) throws {
        for name in arguments.operands { _ = try Catalogue.service(named: name) }
        let path = arguments.isGiven("ready") ? "/readyz" : "/livez"
        let (data, names) = (arguments.data, arguments.operands)
        let verdicts = try withClient { loop, client in
            let processes = try await ControlClient(data: data, loop: loop, timeout: timeout).services()
            // Those of another container on the same folder are out of reach, and its own to judge.
            let services = processes.filter { $0.host == nil || $0.host == ControlAPI.host }.flatMap(\.services)
            guard !services.isEmpty else { throw Unreachable("no shop runs here on the data folder \(data)") }
            let found = await ask(
                services.filter { names.isEmpty ? $0.address != nil : names.contains($0.name) }, path, client)
            let missing = names.filter { name in !services.contains { $0.name == name } }
            return found + missing.map { Verdict(name: $0, isWell: false, words: "does not run here") }
        }
        for verdict in verdicts { Console.write("\(verdict.name) \(verdict.words)\n") }
        guard verdicts.allSatisfy(\.isWell), !verdicts.isEmpty else { throw ExitCode(code: ExitCode.failure) }
    }

    /// All at once, in the order given.
    private static func ask(
        _ services: [ControlAPI.ServiceStatus], _ path: String, _ client: HTTPClient
    ) async -> [Verdict] {
        let found = await withTaskGroup(of: Verdict.self) { group in
            for service in services { group.addTask { await ask(service, path, client) } }
            return await group.reduce(into: [String: Verdict]()) { $0[$1.name] = $1 }
        }
        return services.compactMap { found[$0.name] }
    }

    private static func ask(
        _ service: ControlAPI.ServiceStatus, _ path: String, _ client: HTTPClient
    ) async -> Verdict {
        guard let address = service.address else {
            return Verdict(name: service.name, isWell: false, words: "is \(service.state)")
        }
        do throws(TransportError) {
            let request = OutboundRequest(method: .get, url: address + path, timeout: timeout)
            let response = try await client.send(request)
            let good = path == "/readyz" ? "is ready" : "lives"
            guard !response.isSuccess else { return Verdict(name: service.name, isWell: true, words: good) }
            let readiness = try? JSON.decode(Readiness.self, from: response.body)
            let reasons = readiness.map { ["is \($0.status)"] + $0.failures } ?? ["answers \(response.status)"]
            return Verdict(name: service.name, isWell: false, words: reasons.joined(separator: "; "))
        } catch {
            return Verdict(name: service.name, isWell: false, words: "does not answer: \(error.message)")
        }
    }
}
