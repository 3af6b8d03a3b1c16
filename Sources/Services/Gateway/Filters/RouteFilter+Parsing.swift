import Kernel
import Resilience

extension RouteFilter {
    static let names = [
        "StripPrefix", "PrefixPath", "RewritePath", "SetPath", "AddRequestHeader", "RemoveRequestHeader",
        "AddResponseHeader", "RemoveResponseHeader", "SetStatus", "RedirectTo", "RequestSize", "PreserveHostHeader",
        "RequireToken", "RequireRole", "TokenRelay", "RequestRateLimiter", "CircuitBreaker", "Retry",
    ]

    /// Reads a filter; `nil` if the component is none, which has been reported then. `variables` are those of the
    /// route's patterns, and `nil` for a filter that belongs to every route.
    init?(_ component: RouteComponent, variables: [String]?) {
        switch component.name {
        case "StripPrefix":
            self = .stripPrefix(component.arguments(["parts"]).int("parts", in: 0...100, default: 1))
        case "PrefixPath": self = .prefixPath(Self.path("prefix", of: component, variables))
        case "SetPath": self = .setPath(Self.path("template", of: component, variables))
        case "RewritePath":
            guard let filter = Self.rewrite(component) else { return nil }
            self = filter
        case "AddRequestHeader":
            let (name, value) = Self.header(component, variables)
            self = .addRequestHeader(name, value)
        case "AddResponseHeader":
            let (name, value) = Self.header(component, variables)
            self = .addResponseHeader(name, value)
        case "RemoveRequestHeader": self = .removeRequestHeader(component.arguments(["name"]).fieldName("name"))
        case "RemoveResponseHeader": self = .removeResponseHeader(component.arguments(["name"]).fieldName("name"))
        case "SetStatus":
            let arguments = component.arguments(["status"])
            self = .setStatus(arguments.status("status", arguments.text("status")) ?? 200)
        case "RedirectTo":
            let arguments = component.arguments(["status", "url", "includeRequestParams"])
            let status = arguments.status("status", arguments.text("status")) ?? 302
            if !(300..<400).contains(status) { arguments.report("status", "must be one of 3xx, not \(status)") }
            self = .redirect(
                status, arguments.text("url"), includesQuery: arguments.flag("includeRequestParams", default: false))
        case "RequestSize": self = .requestSize(component.arguments(["maxSize"]).size("maxSize", default: 5 << 20))
        case "PreserveHostHeader":
            _ = component.arguments([])
            self = .preserveHost
        case "RequireToken":
            _ = component.arguments([])
            self = .requireToken
        case "RequireRole": self = .requireRole(Self.roles(component))
        case "TokenRelay":
            _ = component.arguments([])
            self = .relayToken
        case "RequestRateLimiter": self = .rateLimit(RateLimitRule(component))
        case "CircuitBreaker": self = .breaker(BreakerRule(component))
        case "Retry": self = .retry(RetryRule(component))
        default:
            component.report("is no filter; there are \(Self.names.listed)")
            return nil
        }
    }

    private static func roles(_ component: RouteComponent) -> [String] {
        let arguments = component.arguments(["roles"], gathers: true)
        let roles = arguments.texts("roles")
        for role in roles where !role.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }) {
            arguments.report("roles", "must be of visible ASCII characters and no quotation mark, not \"\(role)\"")
        }
        return roles
    }

    private static func path(_ field: String, of component: RouteComponent, _ variables: [String]?) -> TextTemplate {
        let arguments = component.arguments([field])
        let text = arguments.text(field)
        if !text.isEmpty, !text.hasPrefix("/") { arguments.report(field, "must begin with /, not \"\(text)\"") }
        if text.contains(where: { $0.isWhitespace || "?#\\\"<>".contains($0) }) {
            arguments.report(field, "must be a path with nothing in it that must be encoded, not \"\(text)\"")
        }
        return template(text, arguments, field, variables)
    }

    private static func header(_ component: RouteComponent, _ variables: [String]?) -> (String, TextTemplate) {
        let arguments = component.arguments(["name", "value"])
        let value = arguments.text("value")
        if value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
            arguments.report("value", "must not hold control characters")
        }
        return (arguments.fieldName("name"), template(value, arguments, "value", variables))
    }

    private static func template(
        _ text: String, _ arguments: ComponentArguments, _ field: String, _ variables: [String]?
    ) -> TextTemplate {
        let template = TextTemplate(text)
        for name in template.names where variables?.contains(name) == false {
            arguments.report(field, "has {\(name)}, which is in no Path or Host pattern of the route")
        }
        return template
    }

    private static func rewrite(_ component: RouteComponent) -> RouteFilter? {
        let arguments = component.arguments(["regexp", "replacement"])
        let text = arguments.text("regexp")
        guard !text.isEmpty, let expression = arguments.expression("regexp") else { return nil }
        // Without one, what matches is taken away.
        let written = arguments.optionalText("replacement") ?? ""
        guard let replacement = Replacement(written) else {
            arguments.report("replacement", "must name groups as $1 or $\\{name}, not \"\(written)\"")
            return nil
        }
        for name in replacement.names where !expression.names.contains(name) {
            arguments.report("replacement", "names the group \(name), which \(text) does not have")
        }
        return .rewritePath(expression, replacement)
    }
}

extension RateLimitRule {
    fileprivate init(_ component: RouteComponent) {
        let prefix = "redisRateLimiter."
        let arguments = component.arguments(
            ["keyResolver", "rateLimiter", "statusCode", "denyEmptyKey", "emptyKeyStatus"],
            more: ["replenishRate", "burstCapacity", "requestedTokens"].flatMap { [$0, prefix + $0] })
        func number(_ field: String, default fallback: Int?) -> Int {
            let field = arguments.has(prefix + field) ? prefix + field : field
            return arguments.int(field, in: 1...1_000_000, default: fallback)
        }
        rate = number("replenishRate", default: nil)
        burst = number("burstCapacity", default: rate)
        cost = number("requestedTokens", default: 1)
        if cost > burst { arguments.report("requestedTokens", "must not be more than the burst capacity \(burst)") }
        deniesEmptyKey = arguments.flag("denyEmptyKey", default: true)
        let text = arguments.optionalText("keyResolver") ?? "client"
        switch text.lowercased() {
        case "client", "#{@clientkeyresolver}", "#{@ipkeyresolver}", "#{@remoteaddrkeyresolver}": key = .client
        case "route", "#{@routekeyresolver}": key = .route
        case "caller", "#{@principalnamekeyresolver}", "#{@userkeyresolver}": key = .caller
        case let word where word.hasPrefix("header:") && word.count > 7: key = .header(String(text.dropFirst(7)))
        default:
            key = .client
            arguments.report("keyResolver", "must be client, caller, route or header:NAME, not \"\(text)\"")
        }
        for field in ["rateLimiter", "statusCode", "emptyKeyStatus"] where arguments.has(field) {
            component.warn("\(field) means nothing here: buckets are in memory, and a request too many gets 429")
        }
    }
}

extension BreakerRule {
    fileprivate init(_ component: RouteComponent) {
        let arguments = component.arguments(
            ["name"],
            more: [
                "fallbackUri", "statusCodes", "minimumCalls", "windowSize", "failureRate", "openDuration", "probes",
                "resumeWithoutError",
            ])
        name = arguments.text("name")
        let uri = arguments.optionalText("fallbackUri")
        fallback = uri.flatMap(Self.path)
        if let uri, fallback == nil {
            arguments.report("fallbackUri", "must be forward: and a path, such as forward:/unavailable, not \"\(uri)\"")
        }
        let codes = arguments.texts("statusCodes", isRequired: false)
        statuses = Set(codes.compactMap { arguments.status("statusCodes", $0) })
        let minimum = arguments.int("minimumCalls", in: 1...1000, default: 5)
        settings = CircuitBreakerSettings(
            windowSize: arguments.int("windowSize", in: minimum...10_000, default: max(20, minimum)),
            failureRate: arguments.number("failureRate", in: 0.01...1, default: 0.5), minimumCalls: minimum,
            openDuration: arguments.duration("openDuration", default: .seconds(5)),
            probes: arguments.int("probes", in: 1...100, default: 2))
    }

    /// `forward:/path` and `forward:///path`.
    static func path(_ uri: String) -> String? {
        guard uri.hasPrefix("forward:") else { return nil }
        let rest = uri.dropFirst("forward:".count)
        let path = rest.hasPrefix("///") ? rest.dropFirst(2) : rest
        guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.contains(where: { $0.isWhitespace }) else { return nil }
        return String(path)
    }
}

extension RetryRule {
    fileprivate init(_ component: RouteComponent) {
        let prefix = "backoff."
        let arguments = component.arguments(
            [
                "retries", "statuses", "methods", prefix + "firstBackoff", prefix + "maxBackoff", prefix + "factor",
                prefix + "basedOnPreviousValue",
            ], more: ["series", "exceptions"])
        retries = arguments.int("retries", in: 1...20, default: 3)
        statuses = Set(arguments.statuses("statuses"))
        let names = ["INFORMATIONAL", "SUCCESSFUL", "REDIRECTION", "CLIENT_ERROR", "SERVER_ERROR"]
        let words = arguments.texts("series", isRequired: false)
        series =
            arguments.has("series")
            ? Set(
                words.compactMap { word in
                    if let index = names.firstIndex(of: word) { return index + 1 }
                    arguments.report("series", "must be of \(names.listed), not \"\(word)\"")
                    return nil
                }) : [5]
        methods = arguments.has("methods") ? Set(arguments.texts("methods").map { $0.uppercased() }) : ["GET"]
        let unsafe = methods.subtracting(["GET", "HEAD"])
        if !unsafe.isEmpty {
            component.warn(
                "methods: \(unsafe.sorted().listed) is tried again only with an Idempotency-Key, since it may have been "
                    + "done")
        }
        if arguments.has("exceptions") { component.warn("exceptions means nothing here: every lost call counts") }
        guard arguments.has(prefix + "firstBackoff") else {
            backoff = nil
            return
        }
        backoff = RetryPolicy(
            maximumRetries: retries, firstDelay: arguments.duration(prefix + "firstBackoff", default: .milliseconds(5)),
            multiplier: arguments.number(prefix + "factor", in: 1...100, default: 2),
            maximumDelay: arguments.duration(prefix + "maxBackoff", default: .seconds(30)))
        _ = arguments.flag(prefix + "basedOnPreviousValue", default: true)
    }
}
