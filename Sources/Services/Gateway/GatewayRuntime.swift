import HTTP
import Kernel
import ServiceHost
import Synchronization
import TLS
import Telemetry
import Tokens

/// Answers the gateway's requests by the plan in force.
final class GatewayRuntime: Sendable {
    typealias Own = @Sendable (Request) async -> Response

    private let context: ServiceEnvironment
    /// `nil` if the gateway was started without TLS.
    let certificate: CertificateKeeper?
    /// The port of TLS since the start; `nil` if there is none.
    private let securePort: Int?
    private let plan: Mutex<GatewayPlan>
    private let pages: GatewayPages
    private let answers: MetricFamily<Counter>
    private let reloaded = Signal()
    private let keysReloaded = Signal()

    /// Paths that are the gateway's own, whatever its routes say: probes and figures.
    private static let reserved: Set<String> = ["/livez", "/readyz", "/startupz", "/metrics"]

    init(_ settings: GatewaySettings, _ context: ServiceEnvironment) throws {
        self.context = context
        certificate = try settings.tls.map { tls in
            try CertificateKeeper(tls.files, loop: context.loop, log: context.log, metrics: context.metrics) {
                try tls.credentials()
            }
        }
        securePort = settings.tls?.port
        plan = Mutex(try GatewayPlan(settings, context: context))
        pages = GatewayPages(loop: context.loop)
        answers = context.metrics.counter(
            "sambal_gateway_answers_total", help: "Answers by route; - where no route took the request.",
            labels: ["route", "status"])
    }

    /// Lets further requests be answered by other settings; those under way end by theirs.
    func takeOver(_ settings: GatewaySettings) async throws {
        let before = plan.withLock { $0 }
        let apiKeys = try await readAPIKeys(settings.access, before.settings.access)
        let next = try GatewayPlan(settings, context: context, before: before, apiKeys: apiKeys)
        if let certificate, let tls = settings.tls, tls.files != certificate.credentials.settings {
            let now = context.loop.now
            try await certificate.takeOver(tls.files) { try tls.replace(in: $0, at: now) }
        }
        if settings.tls?.port != securePort {
            func name(_ port: Int?) -> String { port.map { "port \($0)" } ?? "no port" }
            context.log.warning(
                "TLS stays at \(name(securePort)) until the next start, though the configuration names "
                    + name(settings.tls?.port))
        }
        plan.withLock { $0 = next }
        reloaded.raise()
        keysReloaded.raise()
        for (place, provider) in before.access?.providers ?? [:] where next.access?.providers[place] !== provider {
            provider.close()
        }
    }

    /// Reads the file of API keys on another thread: it may be large, and requests are answered on this one.
    private func readAPIKeys(_ access: AccessSettings, _ before: AccessSettings) async throws -> APIKeyStore.Reading? {
        guard access != before, let path = try access.apiKeyPath(context) else { return nil }
        let worker = context.loop.makeWorker(named: "api keys")
        defer { worker.stop() }
        return try await worker.run { try APIKeyStore.Reading(path) }
    }

    func answer(_ request: Request, own: @escaping Own) async -> Response {
        // `OPTIONS *` is about the server, and names nothing that a route or another URL could lead to.
        if Self.reserved.contains(request.path) || request.path == "*" { return await own(request) }
        let plan = plan.withLock { $0 }
        let began = context.loop.uptime
        let caller = Caller(request, trusted: plan.settings.trustedProxies)
        var request = request
        request.headers = IdentityFields.removed(from: plan.settings.headerNames.filter(request.headers))
        let requestID = requestID(of: request, caller)
        request.headers["X-Request-Id"] = requestID
        // A listener that was not there at the start is not there now.
        let tls = securePort == nil ? nil : plan.settings.tls
        var (response, route) =
            if let tls, let securePort, tls.redirects, caller.scheme == "http" {
                (tls.redirect(request, to: caller.host, listening: securePort), String?.none)
            } else {
                await answer(request, caller, plan, own)
            }
        response.headers["X-Request-Id"] = requestID
        if caller.scheme == "https", let value = tls?.transportSecurity {
            response.headers["Strict-Transport-Security"] = value
        }
        if plan.settings.compression == .gzip {
            response = await ResponseCompression.apply(to: response, of: request)
        }
        answers.labelled(route ?? "-", String(response.status)).increment()
        if let log = plan.accessLog {
            let entry = AccessLog.Entry(
                time: context.loop.now, client: caller.address ?? "-", method: request.method.rawValue,
                path: request.path, status: response.status, bytes: response.body.count,
                duration: context.loop.uptime - began, route: route ?? "-", requestID: requestID,
                referrer: request.headers["Referer"].map { String($0.prefix { $0 != "?" }) } ?? "",
                agent: request.headers["User-Agent"] ?? "")
            log.write(entry, ofAnswer: response.stream) { [loop = context.loop] in loop.uptime - began }
        }
        return response
    }

    /// Bytes of the largest body that a route takes.
    var largestBody: Int { plan.withLock { $0 }.settings.table.largestBody }

    /// Asks the servers of upstreams for their health, by the plan in force, until cancelled.
    func checkHealth() async throws {
        try await work(until: reloaded) { plan in
            plan.checkedUpstreams.map { upstream in { await upstream.checkHealth() } }
        }
    }

    /// Loads the keys of token issuers, and follows the file of API keys, by the plan in force, until cancelled.
    func loadKeys() async throws {
        try await work(until: keysReloaded) { plan in
            guard let access = plan.access else { return [] }
            var parts: [@Sendable () async -> Void] = access.providers.values.map { provider in
                { await provider.run() }
            }
            if let store = access.apiKeys { parts.append { await store.run() } }
            return parts
        }
    }

    /// Runs the work of the plan in force. `reloaded` tells of another plan, whose work then takes its place.
    private func work(
        until reloaded: Signal, _ parts: @Sendable (GatewayPlan) -> [@Sendable () async -> Void]
    ) async throws {
        while !Task.isCancelled {
            let parts = parts(plan.withLock { $0 })
            await withTaskGroup(of: Void.self) { group in
                for part in parts { group.addTask { await part() } }
                group.addTask { [self] in await reloaded.wait(on: context.loop) }
                // The signal of a reload is the first to end.
                await group.next()
                group.cancelAll()
            }
        }
        throw CancellationError()
    }

    /// From a trusted proxy as it came, else a new one.
    private func requestID(of request: Request, _ caller: Caller) -> String {
        if caller.isFromTrustedProxy, let given = request.headers["X-Request-Id"], (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        {
            return given
        }
        return context.identifiers.next()
    }

    private func answer(
        _ request: Request, _ caller: Caller, _ plan: GatewayPlan, _ own: @escaping Own
    ) async -> (response: Response, route: String?) {
        guard let policy = plan.settings.policy(for: RequestPath(request.path)) else {
            if let refusal = BrowserRule.refusal(of: request) { return (refusal, nil) }
            return await routed(request, caller, plan, own)
        }
        var request = request
        var fields = Headers()
        switch policy.decide(request, ownOrigin: caller.origin) {
        case .notCrossOrigin: break
        case .refused(let problem): return (Self.varying(problem.response(instance: request.path)), nil)
        case .preflight(let response): return (Self.varying(response), nil)
        case .allowed(let allowed):
            fields = allowed
            // It has been decided here; a service behind would decide again by its own rule.
            request.headers["Origin"] = nil
            request.headers[BrowserRule.relation] = nil
        }
        var (response, route) = await routed(request, caller, plan, own)
        for field in response.headers.fields where CORSPolicy.isPolicyField(field.name) {
            response.headers[field.name] = nil
        }
        for field in fields.fields { response.headers.add(field.name, field.value) }
        return (Self.varying(response), route)
    }

    private static func isAmbiguous(_ path: String) -> Bool {
        let (slash, bytes) = (UInt8(ascii: "/"), path.utf8)
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == slash && $1 == slash }) { return true }
        return bytes.contains(UInt8(ascii: "%")) && path.lowercased().contains("%2f")
    }

    private static func varying(_ response: Response) -> Response {
        var response = response
        response.headers.add("Vary", CORSPolicy.vary)
        return response
    }

    private func routed(
        _ request: Request, _ caller: Caller, _ plan: GatewayPlan, _ own: @escaping Own, forwards: Int = 0
    ) async -> (response: Response, route: String?) {
        // A server behind may take an encoded slash or two slashes for one, and so see a path that a closed route would take.
        if plan.settings.table.hasClosedRoutes, Self.isAmbiguous(request.path) {
            let detail = "The path has an encoded slash or an empty part, which the routes here do not allow"
            return (Problem(status: 400, detail: detail).response(instance: request.path), nil)
        }
        guard let (route, variables) = plan.settings.table.route(request, random: context.loop.random) else {
            if let page = await pages.answer(request, plan) { return (page, nil) }
            return (await own(request), nil)
        }
        let chain = FilterChain(route: route, plan: plan, loop: context.loop) { [self] exchange, path in
            guard exchange.forwards < GatewayLimits.forwards else {
                return Problem(status: 508, detail: "The routes of the gateway lead in a circle").response()
            }
            var request = exchange.original
            request.path = path
            return await routed(request, caller, plan, own, forwards: exchange.forwards + 1).response
        }
        do {
            try Forwarding.checkMethod(request.method)
            try Forwarding.checkLoop(request.headers)
            var exchange = GatewayExchange(request, caller, variables: variables, forwards: forwards)
            exchange.headers = IdentityFields.withoutKeys(exchange.headers, takesKeys: plan.access?.apiKeys != nil)
            return (try await chain.run(exchange), route.id)
        } catch {
            return (refusal(error, request), route.id)
        }
    }

    private func refusal(_ error: any Error, _ request: Request) -> Response {
        var problem = Problem(error)
        // Where the client sees whether the request was done: the resource that the path begins with, or its collection.
        if problem.isOutcomeUnknown, problem.look == nil {
            problem.look = RequestPath(request.path).segments.prefix(2).map { "/" + $0.raw }.joined()
        }
        if problem.status == 500, !(error is Problem) {
            context.log.error("request failed", metadata: [.path: .string(request.path), .error: .error(error)])
        }
        return problem.response(instance: request.path)
    }
}
