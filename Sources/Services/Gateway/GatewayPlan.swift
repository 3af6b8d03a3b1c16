import HTTP
import Kernel
import Resilience
import ServiceHost
import Telemetry

/// The settings in force with what runs for them. A request keeps the plan under which it began; a reload makes another
/// one, which takes over what has not changed: buckets, breakers and the health of upstreams.
final class GatewayPlan: Sendable {
    let settings: GatewaySettings
    let accessLog: AccessLog?
    /// `nil` if nobody issues tokens, and no API keys are taken.
    let access: AccessControl?
    private let upstreams: [GatewayRoute.Target: Upstream]
    private let breakers: [String: (settings: CircuitBreakerSettings, breaker: CircuitBreaker)]
    private let limiters: [LimiterKey: RateLimiter]

    private struct LimiterKey: Hashable {
        let route: String
        let rule: RateLimitRule
        let classes: [String: RateClass]
    }

    /// Throws if a route leads to a service that the gateway does not call, or the access log cannot be opened. `apiKeys` is
    /// the file of API keys, if it has been read already.
    init(
        _ settings: GatewaySettings, context: ServiceEnvironment, before: GatewayPlan? = nil,
        apiKeys: APIKeyStore.Reading? = nil
    ) throws {
        self.settings = settings
        accessLog = try AccessLog(settings.accessLog, file: settings.accessLogFile)
        access = try Self.access(settings.access, context, before, apiKeys)
        var upstreams: [GatewayRoute.Target: Upstream] = [:]
        var breakers: [String: (settings: CircuitBreakerSettings, breaker: CircuitBreaker)] = [:]
        var limiters: [LimiterKey: RateLimiter] = [:]
        for route in settings.table.routes {
            if upstreams[route.target] == nil {
                upstreams[route.target] = try Self.upstream(route.target, settings, context, before)
            }
            for filter in route.filters {
                switch filter {
                case .breaker(let rule) where breakers[rule.name] == nil:
                    let known = before?.breakers[rule.name].flatMap { $0.settings == rule.settings ? $0 : nil }
                    breakers[rule.name] =
                        known
                        ?? (
                            rule.settings,
                            CircuitBreaker(
                                name: "gateway " + rule.name, settings: rule.settings, loop: context.loop,
                                metrics: context.metrics, logger: context.log)
                        )
                case .rateLimit(let rule):
                    let key = Self.key(route, rule, settings)
                    limiters[key] =
                        before?.limiters[key]
                        ?? RateLimiter(rule, classes: key.classes, name: route.id, loop: context.loop)
                default: break
                }
            }
        }
        self.upstreams = upstreams
        self.breakers = breakers
        self.limiters = limiters
    }

    func upstream(of route: GatewayRoute) -> Upstream? { upstream(of: route.target) }
    func upstream(of target: GatewayRoute.Target) -> Upstream? { upstreams[target] }
    func breaker(_ rule: BreakerRule) -> CircuitBreaker? { breakers[rule.name]?.breaker }
    func limiter(_ rule: RateLimitRule, of route: GatewayRoute) -> RateLimiter? {
        limiters[Self.key(route, rule, settings)]
    }

    /// Classes of rates matter to a limiter that counts by caller only.
    private static func key(_ route: GatewayRoute, _ rule: RateLimitRule, _ settings: GatewaySettings) -> LimiterKey {
        LimiterKey(route: route.id, rule: rule, classes: rule.key == .caller ? settings.access.rateClasses : [:])
    }

    /// Those whose servers are asked for their health.
    var checkedUpstreams: [Upstream] { upstreams.values.filter { $0.settings?.health != nil } }

    private static func access(
        _ settings: AccessSettings, _ context: ServiceEnvironment, _ before: GatewayPlan?,
        _ apiKeys: APIKeyStore.Reading?
    ) throws -> AccessControl? {
        guard settings.knowsCallers else { return nil }
        if let before, before.settings.access == settings, let access = before.access { return access }
        return try AccessControl(
            settings, context, before: before.flatMap { plan in plan.access.map { (plan.settings.access, $0) } },
            reading: apiKeys)
    }

    private static func upstream(
        _ target: GatewayRoute.Target, _ settings: GatewaySettings, _ context: ServiceEnvironment,
        _ before: GatewayPlan?
    ) throws -> Upstream? {
        switch target {
        case .forward, .nobody: return nil
        case .server(let url):
            return Upstream(try server(url, context), loop: context.loop, log: context.log)
        case .name(let name):
            guard let group = settings.upstreams[name] else {
                return Upstream(try context.client(for: name), loop: context.loop, log: context.log)
            }
            if let known = before?.upstreams[target], known.settings == group { return known }
            return Upstream(
                name, group, targets: try group.targets.map { try server($0.url, context, of: group.service) },
                loop: context.loop,
                log: context.log)
        }
    }

    private static func server(
        _ url: String, _ context: ServiceEnvironment, of service: String? = nil
    ) throws -> ServiceClient {
        guard let client = context.server(at: url, of: service) else {
            throw Problem(status: 500, detail: "\(url) is no address of a server")
        }
        return client
    }
}
