import Configuration

/// The gateway's section, read and checked whole: its own words and those of Spring Cloud Gateway.
struct GatewaySettings: Sendable {
    let table: RouteTable
    let policies: [CORSPolicy]
    let upstreams: [String: UpstreamSettings]
    /// Proxies whose word about the caller counts.
    let trustedProxies: [AddressRange]
    let accessLog: AccessLogFormat
    /// The file of the access log; standard output where there is none.
    let accessLogFile: String?

    init(from section: Configuration, services: [String]) {
        upstreams = Dictionary(
            section.map("upstreams").map { ($0.name, UpstreamSettings(from: $0.section)) }, uniquingKeysWith: { $1 })
        policies = CORSPolicy.policies(from: section.section("globalcors"))
        trustedProxies = section.strings("trustedProxies").compactMap { text in
            let range = AddressRange(text)
            if range == nil {
                section.report("trustedProxies", "must be addresses or ranges such as 10.0.0.0/8, not \"\(text)\"")
            }
            return range
        }
        accessLog = section.choice("accessLog", default: AccessLogFormat.off)
        accessLogFile = section.optionalString("accessLogFile")
        let reader = RouteReader(
            section, names: Set(services).union(upstreams.keys), timeouts: Self.timeouts(from: section))
        table = RouteTable(reader.routes())
        for key in Self.ignored where section.contains(key) {
            section.warn(key, "means nothing here and is passed over")
            section.accept(key)
        }
    }

    func policy(for path: RequestPath) -> CORSPolicy? {
        policies.isEmpty ? nil : policies.first { $0.path.match(path) != nil }
    }

    /// Sections of Spring Cloud Gateway for what is not there or needs no configuration.
    private static let ignored = [
        "discovery", "metrics", "loadbalancer", "x-forwarded", "forwarded", "redis-rate-limiter", "enabled",
        "filter", "fail-on-route-definition-error",
    ]

    /// `timeouts` in the gateway's own words, `httpclient` in Spring's.
    private static func timeouts(from section: Configuration) -> GatewayTimeouts {
        let total = section.duration("timeout", default: .seconds(15))
        let own = section.section("timeouts")
        var timeouts = GatewayTimeouts(
            connect: own.optionalDuration("connect"), firstByte: own.optionalDuration("firstByte"),
            idle: own.optionalDuration("idle"), total: own.duration("total", default: total))
        let client = section.section("httpclient")
        if let connect = client.milliseconds("connectTimeout") { timeouts.connect = connect }
        if let response = client.milliseconds("responseTimeout") { timeouts.total = response }
        for key in client.keys
        where !["connect-timeout", "connectTimeout", "response-timeout", "responseTimeout"]
            .contains(key)
        {
            client.warn(key, "means nothing here and is passed over")
            client.accept(key)
        }
        return timeouts
    }
}

extension Configuration {
    /// Milliseconds as a whole number, or a duration, under a key in either spelling; `nil` where there is none or where it
    /// says that nothing bounds it (-1).
    func milliseconds(_ key: String) -> Duration? {
        let key = spelling(of: key)
        guard let text = optionalString(key), text != "-1" else { return nil }
        let duration = Int(text).flatMap { $0 > 0 ? Duration.milliseconds($0) : nil } ?? DurationText.read(text)
        if duration == nil { report(key, "must be milliseconds or a duration such as 5s, not \"\(text)\"") }
        return duration
    }
}
