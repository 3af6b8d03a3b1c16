import Foundation

/// The metrics that the sources declare. They are read from the sources, because some are registered only once a service
/// runs on a certain engine or calls another service.
enum MetricsReference {
    struct Metric: Hashable {
        let name: String
        let kind: String
        let labels: [String]
        let help: String
        /// The module that registers it.
        let module: String
    }

    static func metrics() throws -> [Metric] {
        let metrics = try RepositoryFile.swift(in: "Sources").flatMap { path, text in
            declarations(in: text, module: module(of: path))
        }
        return metrics.sorted { ($0.name, $0.module) < ($1.name, $1.module) }
    }

    static func markdown(_ metrics: [Metric]) -> String {
        var text = """
            # Metrics

            This page is generated from the declarations of the metrics. Every service has its own at `/metrics`, in the
            text format of Prometheus; a metric appears once its service has registered it. The column *module* names
            the part of the code that it measures: all services have those of HTTP server, process and event loop;
            those with a database have those of `ServiceHost`.
            What to alert on is in [runbook.md](../runbook.md).

            | metric | type | labels | meaning | module |
            |---|---|---|---|---|

            """
        for metric in metrics {
            let labels = metric.labels.isEmpty ? "–" : metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            text += "| `\(metric.name)` | \(metric.kind) | \(labels) | \(metric.help) | \(metric.module) |\n"
        }
        return text
    }

    private static func declarations(in text: String, module: String) -> [Metric] {
        let registered =
            #/[.\s](?<kind>counter|gauge|histogram)\(\s*"(?<name>[a-z_]+)",\s*help:\s*"(?<help>[^"]*)"(?:,\s*labels:\s*\[(?<labels>[^\]]*)\])?/#
        let collected =
            #/(?:CollectedMetric|begin)\(\s*"(?<name>[a-z_]+)",\s*help:\s*"(?<help>[^"]*)",\s*kind:\s*\.(?<kind>\w+)/#
        return text.matches(of: registered).map { match in
            let labels = (match.labels ?? "").matches(of: /"([^"]+)"/).map { String($0.1) }
            return Metric(
                name: String(match.name), kind: String(match.kind), labels: labels, help: String(match.help),
                module: module)
        }
            + text.matches(of: collected).map { match in
                Metric(
                    name: String(match.name), kind: String(match.kind), labels: [], help: String(match.help),
                    module: module)
            }
    }

    /// `Payment` of `Sources/Services/Payment/…`, `ServiceHost` of `Sources/Platform/ServiceHost/…`.
    private static func module(of path: String) -> String {
        let parts = path.split(separator: "/").map(String.init)
        return parts.count > 2 && ["Platform", "Services"].contains(parts[1]) ? parts[2] : parts[1]
    }
}
