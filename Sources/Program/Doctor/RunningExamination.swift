import HTTP
import HTTPClient
import Kernel
import ServiceHost

/// Asks a running shop about itself: readiness, and whether payments, ledger and the provider's statement agree.
struct RunningExamination: Sendable {
    let stores: ShopStores

    func run() async -> [Finding] {
        let processes = try? await ControlClient(data: stores.data, loop: stores.loop).services()
        let services = (processes ?? []).flatMap(\.services).sorted { $0.name < $1.name }
        guard !services.isEmpty else { return [.ok("shop", "running", "no process runs on \(stores.data)")] }
        let client = HTTPClient(
            loop: stores.loop, options: CommandSigning.options(stores.settings, data: stores.data, loop: stores.loop))
        var findings: [Finding] = []
        for service in services { findings.append(await readiness(of: service, client)) }
        if services.contains(where: { $0.name == "payment" && $0.address != nil }) {
            findings.append(await statement(client))
        }
        await client.shutdown()
        return findings
    }

    private func readiness(of service: ControlAPI.ServiceStatus, _ client: HTTPClient) async -> Finding {
        guard let address = service.address else {
            return .notice(
                service.name, "running", "it is \(service.state)", "sambal start \(service.name) --data \(stores.data)")
        }
        let request = OutboundRequest(method: .get, url: address + "/readyz", timeout: .seconds(10))
        guard let answer = try? await client.send(request) else {
            return .fault(
                service.name, "running", "it does not answer at \(address)",
                "see docs/runbook.md#service-does-not-answer")
        }
        guard answer.isSuccess else {
            let readiness = try? JSON.decode(Readiness.self, from: answer.body)
            let reason = readiness.map { ([$0.status] + $0.failures).joined(separator: "; ") } ?? "not ready"
            return .fault(
                service.name, "running", reason,
                "see docs/runbook.md#not-ready")
        }
        return .ok(service.name, "running", "ready at \(address)")
    }

    /// Reports what the last reconciliation found; a new one takes as long as the shop is old, so none is begun here.
    private func statement(_ client: HTTPClient) async -> Finding {
        let url = stores.settings.place(of: "payment").url + "/api/reconciliations?size=1&sort=startedAt,desc"
        guard let answer = try? await client.ask(.get, url),
            let page = try? JSON.decode(Reports.self, from: answer.body), let last = page._embedded.values.first?.first
        else { return .ok("payment", "statement", "no reconciliation has run yet") }
        switch last.state {
        case "RUNNING": return .ok("payment", "statement", "a reconciliation is under way")
        case "FAILED":
            return .notice(
                "payment", "statement", "the provider's statement was not available: \(last.failure ?? "-")",
                "sambal reconcile, when the provider answers again")
        default: break
        }
        guard last.differences.isEmpty, last.isBalanced else {
            return .fault(
                "payment", "statement",
                "payments, ledger and the provider's statement differ in \(last.differences.count) movements (\(last.id))",
                "sambal reconcile, then see docs/runbook.md#books-differ")
        }
        return .ok("payment", "statement", "payments, ledger and statement agree (\(last.id))")
    }

    private struct Reports: Decodable {
        struct Report: Decodable {
            struct Difference: Decodable {}
            let id: String
            let state: String?
            let failure: String?
            let isBalanced: Bool
            let differences: [Difference]
        }
        let _embedded: [String: [Report]]
    }
}
