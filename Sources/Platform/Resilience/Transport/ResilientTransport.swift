public import HTTP
public import Kernel
public import Telemetry

/// Calls a destination with a timeout, a bulkhead, a circuit breaker and retries around another transport.
///
/// Only what is safe to repeat is repeated (it changes nothing, or carries an `Idempotency-Key`), and only if that
/// can help, within the request's own timeout: that bounds the whole call. An error's code speaks for all attempts:
/// `unreachable` only if none of them can have arrived.
public struct ResilientTransport: Transport {
    private let base: any Transport
    private let name: String
    private let loop: any Loop
    private let timeout: Duration?
    private let retry: RetryPolicy
    private let breaker: CircuitBreaker?
    private let bulkhead: Bulkhead?
    private let logger: Logger
    private let retries: Counter

    /// `name` is the destination's, as in the metrics. `timeout` bounds each attempt, the request's own the whole call.
    public init(
        _ base: any Transport, name: String, loop: any Loop, timeout: Duration? = nil,
        retry: RetryPolicy = .betweenServices, breaker: CircuitBreaker? = nil, bulkhead: Bulkhead? = nil,
        metrics: MetricsRegistry, logger: Logger = .disabled
    ) {
        self.base = base
        self.name = name
        self.loop = loop
        self.timeout = timeout
        self.retry = retry
        self.breaker = breaker
        self.bulkhead = bulkhead
        self.logger = logger
        retries = metrics.retries(of: name)
    }

    public func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        let start = loop.uptime
        let isRepeatable = RetryPolicy.isSafeToRepeat(request)
        var history = AttemptHistory()
        var attempt = 1
        while true {
            let result = await self.attempt(request, since: start)
            guard case .done(let answer) = result else { throw history.error(result.rejection(name)) }
            let outcome = outcome(of: answer)
            guard isRepeatable, let delay = nextDelay(attempt, outcome, request, start) else {
                return try concluded(answer, history, request)
            }
            if case .success(let response) = answer { response.stream?.cancel() }
            history.note(outcome, summary(of: answer))
            retries.increment()
            logger.warning(
                "call is tried again",
                metadata: [
                    "destination": .string(name), .attempt: .count(attempt), .delay: .duration(delay),
                    .error: .string(summary(of: answer)),
                ])
            do { try await loop.sleep(for: delay) } catch {
                throw history.error(TransportError(.cancelled, "\(name): cancelled while waiting to try again"))
            }
            attempt += 1
        }
    }

    /// The whole call's outcome from that of its last attempt.
    private func concluded(
        _ answer: Result<Response, TransportError>, _ history: AttemptHistory, _ request: OutboundRequest
    ) throws(TransportError) -> Response {
        switch answer {
        case .success(let response):
            // A question that was asked before has changed nothing.
            if !request.method.isSafe, let error = history.error(inPlaceOf: response.status, summary(of: answer)) {
                throw error
            }
            return response
        case .failure(let error): throw history.error(error)
        }
    }

    /// One attempt, if the breaker and the bulkhead let it through.
    private func attempt(_ request: OutboundRequest, since start: Duration) async -> Attempt {
        // Asked first, so that nobody queues for a circuit that is open.
        if let rejection = breaker?.rejection {
            breaker?.countRejection()
            return .circuitOpen(rejection)
        }
        do { try await bulkhead?.acquire() } catch { return .noRoom(error) }
        defer { bulkhead?.release() }
        let elapsed = loop.uptime - start
        guard elapsed < patience(of: request) else { return .noRoom(.waitedTooLong) }
        let request = bounded(request, elapsed: elapsed)
        guard let breaker else { return .done(await result(request)) }
        let permit: CircuitBreakerMachine.Permit
        do { permit = try breaker.admit() } catch { return .circuitOpen(error) }
        let answer = await result(request)
        breaker.finish(permit, Self.verdict(answer))
        return .done(answer)
    }

    private func result(_ request: OutboundRequest) async -> Result<Response, TransportError> {
        do { return .success(try await base.send(request)) } catch { return .failure(error) }
    }

    private func bounded(_ request: OutboundRequest, elapsed: Duration) -> OutboundRequest {
        var request = request
        let limits = [patience(of: request) - elapsed, timeout ?? request.timeout]
        for limit in limits { request.timeout = min(request.timeout, max(limit, .milliseconds(1))) }
        return request
    }

    /// How long the whole call may take.
    private func patience(of request: OutboundRequest) -> Duration {
        min(request.timeout, retry.patience ?? request.timeout)
    }

    private func nextDelay(
        _ attempt: Int, _ outcome: AttemptOutcome, _ request: OutboundRequest, _ start: Duration
    ) -> Duration? {
        var policy = retry
        policy.patience = patience(of: request)
        return policy.nextDelay(
            afterAttempt: attempt, outcome: outcome, elapsed: loop.uptime - start, random: loop.random)
    }

    private func outcome(of answer: Result<Response, TransportError>) -> AttemptOutcome {
        switch answer {
        case .success(let response):
            let wanted = response.headers["Retry-After"].flatMap { RetryAfter.delay($0, now: loop.now) }
            return .answered(status: response.status, retryAfter: wanted)
        case .failure(let error): return .failed(error.code)
        }
    }

    private func summary(of answer: Result<Response, TransportError>) -> String {
        switch answer {
        case .success(let response): "\(name) answered \(response.status)"
        case .failure(let error): error.message
        }
    }

    /// Judges the destination's health by a result: every answer below 500 is healthy, even a refusal.
    private static func verdict(_ answer: Result<Response, TransportError>) -> CircuitBreakerMachine.Result {
        switch answer {
        // A stored answer says nothing about the present health.
        case .success(let response) where response.headers["Idempotent-Replayed"] == "true": .withdrawn
        case .success(let response): response.status >= 500 ? .failure : .success
        case .failure(let error):
            switch error.code {
            case .unreachable: .unreachable
            case .timedOut, .interrupted: .failure
            case .tooLarge: .success
            case .cancelled, .malformed: .withdrawn
            }
        }
    }
}
