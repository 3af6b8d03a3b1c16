import FoundationEssentials
import HTTP
import Kernel
import ServiceHost

/// The routes of all services, as their OpenAPI documents declare them.
struct RouteReference {
    private let services: [ServiceOutline]

    init(_ services: [ServiceOutline]) { self.services = services }

    var markdown: String {
        get throws {
            var text = """
                # Routes

                This page is generated from the routes that the services declare. Each service describes its own, with
                the fields of requests and answers, at `/openapi.json`. The gateway passes on those that its
                configuration names ([gateway.md](../gateway.md)).

                The statuses are those of the route itself. Every route may also answer 400, 404, 405, 408, 413, 415,
                431, 500 and 503 with problem details ([errors.md](errors.md)). In the column *key*, "required" and
                "optional" say how the route treats the header `Idempotency-Key`
                ([idempotency.md](../idempotency.md)).

                Every service also has `/livez`, `/startupz`, `/readyz` ([health.md](../health.md)), `/metrics`
                ([metrics.md](metrics.md)) and `/openapi.json`; those that consume events have `/dead-letters`
                ([events.md](../events.md)), and those with a database `/audit` ([audit.md](../audit.md)), which says
                what of their changes is recorded.

                """
            for service in services {
                let document = OpenAPI.document(title: service.name, version: "", routes: service.routes)
                let paths = try JSON.decode(Document.self, from: document).paths
                guard !paths.isEmpty else { continue }
                text += "\n## \(service.name)\n\n" + Markdown.header("route", "statuses", "key", "what it does")
                for (path, operations) in paths.sorted(by: { $0.key < $1.key }) {
                    for method in Self.methods {
                        guard let operation = operations[method] else { continue }
                        text += Markdown.row(
                            Markdown.code("\(method.uppercased()) \(path)"), operation.statuses, operation.key,
                            operation.summary)
                    }
                }
            }
            return text
        }
    }

    private static let methods = ["get", "head", "post", "put", "patch", "delete", "options"]

    /// The members of an OpenAPI document that the page shows.
    private struct Document: Decodable {
        let paths: [String: [String: Operation]]
    }

    private struct Operation: Decodable {
        struct Parameter: Decodable {
            let name: String
            let `in`: String
            let required: Bool?
        }
        struct Answer: Decodable {}
        let summary: String
        let parameters: [Parameter]?
        let responses: [String: Answer]

        var statuses: String { responses.keys.filter { $0 != "default" }.sorted().joined(separator: ", ") }

        var key: String {
            let header = parameters?.first { $0.in == "header" && $0.name == "Idempotency-Key" }
            return header.map { $0.required == true ? "required" : "optional" } ?? "–"
        }
    }
}
