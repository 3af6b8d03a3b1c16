import HTTP
import Kernel
import Resilience
import Tokens

/// Runs a request through a route's filters, in the order written, to its upstream: what a filter does to the request comes
/// before those behind it, what it does to the answer after them.
struct FilterChain {
    let route: GatewayRoute
    let plan: GatewayPlan
    let loop: any Loop
    /// Answers by another path of the gateway's own.
    let forward: @Sendable (GatewayExchange, String) async -> Response

    /// Throws `Problem` and `UpstreamFailure`.
    func run(_ exchange: GatewayExchange, from first: Int = 0) async throws -> Response {
        var exchange = exchange
        for index in first..<max(first, route.filters.count) {
            let next = index + 1
            switch route.filters[index] {
            case .stripPrefix, .prefixPath, .rewritePath, .setPath:
                exchange.path = route.filters[index].rewritten(exchange.path, exchange.variables) ?? exchange.path
            case .addRequestHeader(let name, let value): exchange.headers.add(name, value.expand(exchange.variables))
            case .removeRequestHeader(let name): exchange.headers[name] = nil
            case .preserveHost: exchange.preservesHost = true
            case .requestSize(let maximum):
                let size = exchange.stream?.length ?? exchange.body.count
                guard size <= maximum else {
                    throw Problem(status: 413, detail: "The body has \(size) bytes; here it may have \(maximum)")
                }
                exchange.maximumBody = min(maximum, exchange.maximumBody ?? maximum)
            case .addResponseHeader(let name, let value):
                var response = try await run(exchange, from: next)
                response.headers.add(name, value.expand(exchange.variables))
                return response
            case .removeResponseHeader(let name):
                var response = try await run(exchange, from: next)
                response.headers[name] = nil
                return response
            case .setStatus(let status):
                var response = try await run(exchange, from: next)
                response.status = status
                return response
            case .redirect(let status, let url, let includesQuery):
                let query = exchange.original.rawQuery
                let location =
                    !includesQuery || query.isEmpty ? url : url + (url.contains("?") ? "&" : "?") + query
                return Response(status: status, headers: ["Location": location])
            case .requireToken, .requireRole:
                // A browser's question has no token (the Fetch standard, "CORS protocol"). It goes no further, since a server
                // behind might do what its other fields ask for; where a policy of CORS allows it, it was answered before.
                if exchange.isPreflight { return Response(status: 204) }
                try await identify(&exchange)
                if case .requireRole(let roles) = route.filters[index], let caller = exchange.identity {
                    try plan.access?.check(caller, roles: roles)
                }
                guard exchange.identity?.issuer == APIKey.issuer else { continue }
                return PrivateAnswer.of(try await run(exchange, from: next))
            case .relayToken:
                exchange.relaysToken = true
                exchange.headers["Authorization"] = exchange.original.headers["Authorization"]
            case .rateLimit(let rule):
                guard let limiter = plan.limiter(rule, of: route) else { continue }
                let fields = try limiter.admit(exchange.original, exchange.caller, identity: exchange.identity)
                var response = try await run(exchange, from: next)
                for field in fields.fields { response.headers.add(field.name, field.value) }
                return response
            case .breaker(let rule): return try await guarded(exchange, rule, from: next)
            case .retry(let rule): return try await repeated(exchange, rule, from: next)
            }
        }
        return try await call(exchange)
    }

    private func call(_ exchange: GatewayExchange) async throws -> Response {
        switch route.target {
        case .nobody: return Response(status: 200)
        case .forward(let path): return await forward(exchange, path)
        case .name, .server:
            try exchange.checkPath()
            try exchange.checkBody()
            guard let upstream = plan.upstream(of: route) else {
                throw Problem.unavailable("The route \(route.id) has no upstream", dependency: route.id)
            }
            return try await Forwarding(upstream: upstream, timeouts: route.timeouts).forward(exchange)
        }
    }

    /// Finds out who the caller is, and tells the upstream.
    private func identify(_ exchange: inout GatewayExchange) async throws {
        guard exchange.identity == nil else { return }
        guard let access = plan.access else {
            throw Problem.unavailable(
                "Nobody issues tokens or keys for the route \(route.id)", dependency: Problem.server)
        }
        let caller = try await access.caller(of: exchange.original)
        exchange.identity = caller
        IdentityFields.set(caller, in: &exchange.headers)
        if !exchange.relaysToken { exchange.headers["Authorization"] = nil }
    }

    // MARK: Circuit breaker

    private func guarded(_ exchange: GatewayExchange, _ rule: BreakerRule, from next: Int) async throws -> Response {
        guard let breaker = plan.breaker(rule) else { return try await run(exchange, from: next) }
        let result: Result<Response, any Error>
        do {
            result = try await breaker.call {
                do {
                    let response = try await run(exchange, from: next)
                    return (.success(response), rule.statuses.contains(response.status) ? .failure : .success)
                } catch {
                    return (.failure(error), Self.verdict(on: error))
                }
            }
        } catch {
            guard let fallback = rule.fallback else {
                throw Problem.unavailable(
                    "The route \(route.id) gets no requests for now, since too many have failed",
                    retryAfter: max(error.retryAfter, .seconds(1)),
                    dependency: plan.upstream(of: route)?.name ?? route.id)
            }
            return await forward(exchange, fallback)
        }
        guard let fallback = rule.fallback, Self.mayReplace(result, rule, exchange) else {
            let response = try result.get()
            response.stream?.whenOver { [breaker] in
                if case .failed = $0 { breaker.noteFailure() }
            }
            return response
        }
        (try? result.get())?.stream?.cancel()
        return await forward(exchange, fallback)
    }

    /// Whether another answer may stand in for the upstream's: not where the request may have been done, of which the caller
    /// must hear.
    private static func mayReplace(
        _ result: Result<Response, any Error>, _ rule: BreakerRule, _ exchange: GatewayExchange
    ) -> Bool {
        // Of a body in pieces a part is gone.
        guard exchange.stream?.hasBegun != true else { return false }
        let changesNothing = [.get, .head, .options].contains(exchange.method)
        switch result {
        case .success(let response): return rule.statuses.contains(response.status) && changesNothing
        case .failure(let error):
            guard let failure = error as? UpstreamFailure, failure.mayPass else { return false }
            return changesNothing || failure.isKnownNotSent
        }
    }

    /// A refusal by a filter, another breaker's among them, says nothing about the upstream.
    private static func verdict(on error: any Error) -> CircuitBreaker.Verdict {
        switch (error as? UpstreamFailure)?.code {
        case .unreachable: .unreachable
        case .timedOut, .interrupted: .failure
        case .tooLarge: .success
        case .cancelled, .malformed, nil: .withdrawn
        }
    }

    // MARK: Retry

    private func repeated(_ exchange: GatewayExchange, _ rule: RetryRule, from next: Int) async throws -> Response {
        let mayRepeat = rule.methods.contains(exchange.method.rawValue) && exchange.isRepeatable
        for attempt in 1...max(1, rule.retries) {
            let result: Result<Response, any Error>
            do { result = .success(try await run(exchange, from: next)) } catch { result = .failure(error) }
            guard mayRepeat, Self.mayHelp(result, rule), !Task.isCancelled else { return try result.get() }
            if let backoff = rule.backoff {
                let delay = backoff.nextDelay(afterAttempt: attempt, outcome: .failed(.interrupted))
                do { try await loop.sleep(for: delay ?? backoff.maximumDelay) } catch { return try result.get() }
            }
            // Nobody takes the answer that is not passed on.
            (try? result.get())?.stream?.cancel()
        }
        return try await run(exchange, from: next)
    }

    private static func mayHelp(_ result: Result<Response, any Error>, _ rule: RetryRule) -> Bool {
        switch result {
        case .success(let response): rule.covers(response.status)
        case .failure(let error): (error as? UpstreamFailure)?.mayPass == true
        }
    }
}
