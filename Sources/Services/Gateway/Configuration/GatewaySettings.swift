import Configuration

/// The gateway's section, read and checked whole: its own words and those of Spring Cloud Gateway.
struct GatewaySettings: Sendable {
    let table: RouteTable
    let policies: [CORSPolicy]
    let upstreams: [String: UpstreamSettings]
    /// Proxies whose word about the caller counts.
    let trustedProxies: [AddressRange]
    let headerNames: HeaderNames
    /// Whose tokens and keys are accepted.
    let access: AccessSettings
    /// Whether textual answers are compressed for clients that take it.
    let compression: CompressionChoice
    let accessLog: AccessLogFormat
    /// The file of the access log; standard output if there is none.
    let accessLogFile: String?
    /// `nil` if the gateway speaks plain HTTP only.
    let tls: GatewayTLS?

    init(from section: Configuration, services: [String]) {
        upstreams = Dictionary(
            section.map("upstreams").map {
                ($0.name, UpstreamSettings(from: $0.section, name: $0.name, services: services))
            }, uniquingKeysWith: { $1 })
        policies = CORSPolicy.policies(from: section.section("globalcors"))
        trustedProxies = section.strings(
            "trustedProxies",
            help: "Addresses and ranges of proxies whose `Forwarded` and `X-Forwarded-…` headers are believed."
        ).compactMap { text in
            let range = AddressRange(text)
            if range == nil {
                section.report("trustedProxies", "must be addresses or ranges such as 10.0.0.0/8, not \"\(text)\"")
            }
            return range
        }
        headerNames = section.choice(
            "headerNames", default: HeaderNames.plain,
            help:
                "Which header fields of requests are passed on: those whose names are letters, digits and hyphens, or any."
        )
        compression = section.choice(
            "compression", default: CompressionChoice.off,
            help: "Whether textual answers of 1 KiB or more are compressed for clients that take it.")
        accessLog = section.choice("accessLog", default: AccessLogFormat.off, help: "The format of the access log.")
        accessLogFile = section.optionalFile(
            "accessLogFile", help: .init("The file of the access log.", default: "standard output"))
        access = AccessSettings(from: section.section("access"))
        tls = GatewayTLS(from: section)
        let reader = RouteReader(
            section, names: Set(services).union(upstreams.keys), timeouts: Self.timeouts(from: section),
            knowsCallers: access.knowsCallers)
        table = RouteTable(reader.routes())
        for key in Self.ignored where section.contains(key) {
            section.warn(key, "has no meaning here and is ignored")
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
        let total = section.duration(
            "timeout", default: .seconds(15),
            help: "The timeout of a whole call to an upstream; `timeouts.total` is the same.")
        let own = section.section("timeouts")
        var timeouts = GatewayTimeouts(
            connect: own.optionalDuration("connect", help: "The timeout of connecting, for all routes."),
            firstByte: own.optionalDuration(
                "firstByte", help: "The timeout of waiting for the first byte of the answer, for all routes."),
            idle: own.optionalDuration(
                "idle", help: "The timeout of waiting for the next bytes of the answer, for all routes."),
            total: own.duration(
                "total", default: total,
                help: .init("The timeout of a whole call, for all routes.", default: "`timeout`")))
        let client = section.section("httpclient")
        if let connect = client.milliseconds(
            "connectTimeout", help: "The name of `timeouts.connect` in Spring Cloud Gateway, in milliseconds.")
        {
            timeouts.connect = connect
        }
        if let response = client.milliseconds(
            "responseTimeout",
            help: "The name of `timeouts.total` in Spring Cloud Gateway, in milliseconds or as a duration.")
        {
            timeouts.total = response
        }
        for key in client.keys
        where !["connect-timeout", "connectTimeout", "response-timeout", "responseTimeout"]
            .contains(key)
        {
            client.warn(key, "has no meaning here and is ignored")
            client.accept(key)
        }
        return timeouts
    }
}

extension Configuration {
    /// Milliseconds as a whole number, or a duration, under a key in either spelling; `nil` if there is none or it
    /// says that nothing bounds it (-1).
    func milliseconds(_ key: String, help: SettingHelp) -> Duration? {
        let key = spelling(of: key)
        guard let text = optionalString(key, help: help), text != "-1" else { return nil }
        let duration = Int(text).flatMap { $0 > 0 ? Duration.milliseconds($0) : nil } ?? DurationText.read(text)
        if duration == nil { report(key, "must be milliseconds or a duration such as 5s, not \"\(text)\"") }
        return duration
    }
}
