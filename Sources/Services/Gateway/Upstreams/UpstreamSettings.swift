import Configuration

/// A group of servers that answer the same, by weight, and how it is found out which of them can.
struct UpstreamSettings: Sendable, Hashable {
    struct Target: Sendable, Hashable {
        /// Scheme and authority.
        let url: String
        let weight: Int
    }
    struct HealthCheck: Sendable, Hashable {
        let path: String
        let interval: Duration
        let timeout: Duration
    }
    let targets: [Target]
    /// Lost calls one after the other after which a target gets no requests for a while.
    let failures: Int
    let ejection: Duration
    let health: HealthCheck?
    /// The service of the shop that the servers are, which requests are signed for; `nil` of other servers.
    let service: String?
}

extension UpstreamSettings {
    /// `name` is the upstream's, `services` are those of the shop that it may be.
    init(from section: Configuration, name: String, services: [String]) {
        let given = section.optionalString(
            "service",
            help: .init(
                "The service of the shop that the servers are: requests are signed for it.",
                default: "the one of the upstream's name"))
        if let given, !services.contains(given) {
            section.report("service", "must be one of \(services.sorted().listed), not \"\(given.prefix(200))\"")
        }
        service = given ?? (services.contains(name) ? name : nil)
        let items = section.items(
            of: "targets", help: "The servers of the upstream: a URL, or a section with `url` and `weight`.")
        targets = items.compactMap { item in
            switch item.content {
            case .text(let url): return Target(url: Self.server(url, item.report) ?? "", weight: 1)
            case .section(let target):
                let url = Self.server(target.string("url", help: "Scheme and authority of the server.")) {
                    target.report("url", $0)
                }
                return Target(
                    url: url ?? "",
                    weight: target.int(
                        "weight", in: 0...1_000_000, default: 1,
                        help: "The share of requests that the server gets, relative to the others."))
            }
        }
        if items.isEmpty { section.report("targets", "must name at least one server") }
        failures = section.int(
            "failures", in: 1...1000, default: 3, help: "After how many failed calls in a row a server is ejected.")
        ejection = section.duration(
            "ejection", in: .milliseconds(1)...(.seconds(86_400)), default: .seconds(10),
            help: "How long an ejected server gets no requests.")
        guard section.contains("health") else {
            health = nil
            return
        }
        let check = section.section("health")
        let path = check.string(
            "path", default: "/readyz",
            help: "The path of the health check. A section `health` switches health checks on.")
        if !path.hasPrefix("/") { check.report("path", "must begin with /, not \"\(path)\"") }
        health = HealthCheck(
            path: path,
            interval: check.duration(
                "interval", in: .milliseconds(50)...(.seconds(3600)), default: .seconds(5),
                help: "How often each server is checked."),
            timeout: check.duration(
                "timeout", in: .milliseconds(10)...(.seconds(60)), default: .seconds(2),
                help: "The timeout of one health check."))
    }

    /// Scheme and authority of a server's URL; anything else is told to `report`.
    static func server(_ url: String, _ report: (String) -> Void) -> String? {
        guard let scheme = url.firstRange(of: "://"),
            ["http", "https"].contains(url[..<scheme.lowerBound].lowercased())
        else {
            report("must be a URL that begins with http:// or https://, not \"\(url.prefix(200))\"")
            return nil
        }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let isValid = authority.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@\\\"<>".utf8.contains($0) }
        guard !authority.isEmpty, isValid else {
            report("must name a host, perhaps with a port, not \"\(url.prefix(200))\"")
            return nil
        }
        return String(url[..<authority.endIndex])
    }
}
