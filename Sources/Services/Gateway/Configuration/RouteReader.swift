import Configuration
import Kernel
import Resilience

/// Reads the routes. The short form is `path` and `service`; the long one is Spring Cloud Gateway's.
struct RouteReader {
    private let section: Configuration
    /// Services and upstreams that a route may name.
    private let names: Set<String>
    private let timeouts: GatewayTimeouts
    /// Whether there is somebody whose tokens or keys routes can ask for.
    private let knowsCallers: Bool

    init(_ section: Configuration, names: Set<String>, timeouts: GatewayTimeouts, knowsCallers: Bool) {
        self.section = section
        self.names = names
        self.timeouts = timeouts
        self.knowsCallers = knowsCallers
    }

    func routes() -> [GatewayRoute] {
        let key = section.spelling(of: "defaultFilters")
        let defaults = section.items(of: key, help: "The filters that come before those of every route.").compactMap {
            RouteComponent($0)
        }
        let common = filters(defaults, variables: nil, before: [])
        var routes = section.list("routes").enumerated().map { read($1, number: $0 + 1, common) }
        if routes.isEmpty {
            routes = GatewayRoute.defaults.enumerated().compactMap { index, route in
                guard let template = try? PathTemplate(route.path) else { return nil }
                return GatewayRoute(
                    id: "route-\(index + 1)", order: 0, target: .name(route.service), predicates: [.path([template])],
                    filters: common, timeouts: timeouts)
            }
        }
        checkBreakers(routes)
        return routes
    }

    private func read(_ route: Configuration, number: Int, _ common: [RouteFilter]) -> GatewayRoute {
        let id = route.string(
            "id", default: "route-\(number)",
            help: .init("The name of the route in metrics and the access log.", default: "`route-` and its number"))
        if section.list("routes").prefix(number - 1).contains(where: { $0.optionalString("id") == id }) {
            route.report("id", "must be another one: \(id) is the id of a route before it")
        }
        var predicates: [RoutePredicate] = []
        let target: GatewayRoute.Target
        if route.contains("path") || route.contains("service") {
            target = .name(
                route.choice(
                    "service", of: names.sorted(),
                    help: .init(
                        "The service or upstream that the route leads to: the short form, with `path`.",
                        default: "required, unless `uri` is given")))
            let path = route.string(
                "path", help: .init("The path pattern of the short form.", default: "required with `service`"))
            do {
                predicates.append(.path([try PathTemplate(path)]))
            } catch {
                // A path that is missing has been reported.
                if !path.isEmpty {
                    route.report("path", (error as? PathTemplate.Failure)?.message ?? ErrorText.of(error))
                }
            }
            if route.contains("uri") {
                route.report("uri", "stands beside path and service, which are a route already")
            }
            _ = route.optionalString("uri")
        } else {
            target = self.target(of: route)
        }
        predicates += route.items(
            of: "predicates", help: "What a request must satisfy for the route to take it; see gateway.md."
        ).compactMap { RouteComponent($0) }
            .compactMap { RoutePredicate($0) }
        let variables = predicates.flatMap(\.variables)
        let own = route.items(of: "filters", help: "What is changed in the request and its answer; see gateway.md.")
            .compactMap { RouteComponent($0) }
        return GatewayRoute(
            id: id, order: route.int("order", default: 0, help: "Routes with a lower number are tried first."),
            target: target, predicates: predicates,
            filters: common + filters(own, variables: variables, before: common), timeouts: timeouts(of: route))
    }

    /// Reports a filter that asks for a token nobody issues, and one that asks for the caller before anybody is known.
    private func filters(
        _ components: [RouteComponent], variables: [String]?, before: [RouteFilter]
    ) -> [RouteFilter] {
        var isIdentified = before.contains(where: \.identifies)
        return components.compactMap { component in
            guard let filter = RouteFilter(component, variables: variables) else { return nil }
            if filter.identifies {
                isIdentified = true
                if !knowsCallers {
                    component.report(
                        "asks for tokens, but access.issuers names nobody who issues them, and access.apiKeys is off")
                }
            }
            if filter.needsCaller, !isIdentified {
                component.report("counts by caller, and needs RequireToken or RequireRole before it")
            }
            return filter
        }
    }

    private func target(of route: Configuration) -> GatewayRoute.Target {
        let uri = route.string(
            "uri",
            help: .init(
                "Where the route leads to: a service, an upstream, a URL, `forward:/path` or `no://op`.",
                default: "required, unless `path` and `service` are given"))
        if uri.isEmpty { return .nobody }
        if uri == "no://op" { return .nobody }
        if uri.hasPrefix("forward:") {
            guard let path = BreakerRule.path(uri) else {
                route.report("uri", "must be forward: and a path, such as forward:/orders, not \"\(uri)\"")
                return .nobody
            }
            return .forward(path)
        }
        if !uri.contains(":") || uri.hasPrefix("lb://") {
            let name = uri.hasPrefix("lb://") ? String(uri.dropFirst(5)) : uri
            if !names.contains(name) {
                route.report(
                    "uri", "names no service and no upstream \"\(name)\"; there are \(names.sorted().listed)")
            }
            return .name(name)
        }
        guard let server = UpstreamSettings.server(uri, { route.report("uri", $0) }) else { return .nobody }
        let rest = uri.dropFirst(server.count)
        if !rest.isEmpty, rest != "/" {
            // So Spring does too: only scheme, host and port of it count.
            route.warn("uri", "has the path \(rest), which is passed over; the filter PrefixPath puts one before")
        }
        return .server(server)
    }

    private func timeouts(of route: Configuration) -> GatewayTimeouts {
        var result = timeouts
        let own = route.section("timeouts")
        result.connect =
            own.optionalDuration(
                "connect", help: .init("The timeout of connecting, for this route.", default: "that of all routes"))
            ?? result.connect
        result.firstByte =
            own.optionalDuration(
                "firstByte",
                help: .init(
                    "The timeout of waiting for the first byte of the answer, for this route.",
                    default: "that of all routes")) ?? result.firstByte
        result.idle =
            own.optionalDuration(
                "idle",
                help: .init(
                    "The timeout of waiting for the next bytes of the answer, for this route.",
                    default: "that of all routes")) ?? result.idle
        result.total =
            own.optionalDuration(
                "total", help: .init("The timeout of the whole call, for this route.", default: "that of all routes"))
            ?? result.total
        let metadata = route.section("metadata")
        if let connect = metadata.milliseconds(
            "connectTimeout",
            help: .init(
                "The name of `timeouts.connect` in Spring Cloud Gateway, in milliseconds.",
                default: "that of all routes"))
        {
            result.connect = connect
        }
        if let response = metadata.milliseconds(
            "responseTimeout",
            help: .init("The name of `timeouts.total` in Spring Cloud Gateway.", default: "that of all routes"))
        {
            result.total = response
        }
        for key in metadata.keys { metadata.accept(key) }
        return result
    }

    /// Breakers of one name are one breaker.
    private func checkBreakers(_ routes: [GatewayRoute]) {
        var known: [String: CircuitBreakerSettings] = [:]
        for route in routes {
            for case .breaker(let rule) in route.filters {
                if let settings = known[rule.name], settings != rule.settings {
                    section.report(
                        "routes", "have two circuit breakers \(rule.name) with different settings; in route \(route.id)"
                    )
                }
                known[rule.name] = rule.settings
            }
        }
    }
}
