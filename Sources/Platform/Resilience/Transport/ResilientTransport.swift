public import HTTP
public import Kernel
public import Telemetry

/// Calls a destination with a time-out, a bulkhead, a circuit breaker and retries around another transport.
///
/// Only what is safe to repeat is repeated (an idempotent method or an `Idempotency-Key`), and only where that can help. An
/// error's code speaks for all attempts: `unreachable` only where none of them can have arrived.
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

    /// `name` is the destination's, as in the metrics. `timeout` bounds each attempt, beside the request's own.
    public init(
        _ base: any Transport, name: String, loop: any Loop, timeout: Duration? = nil,
        retry: RetryPolicy = RetryPolicy(), breaker: CircuitBreaker? = nil, bulkhead: Bulkhead? = nil,
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
        retries =
            metrics.counter("sambal_retries_total", help: "Calls tried again.", labels: ["destination"]).labelled(name)
    }

    public func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        let start = loop.uptime
        let isRepeatable = RetryPolicy.isSafeToRepeat(request)
        var history = AttemptHistory()
        var attempt = 1
        while true {
            let result = await self.attempt(bounded(request, elapsed: loop.uptime - start))
            guard case .done(let answer) = result else { throw history.error(result.rejection(name)) }
            let outcome = outcome(of: answer)
            guard isRepeatable, let delay = nextDelay(attempt, outcome, start) else {
                return try concluded(answer, history, request)
            }
            history.note(outcome, summary(of: answer))
            retries.increment()
            logger.warning(
                "call is tried again",
                [
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
    private func attempt(_ request: OutboundRequest) async -> Attempt {
        // Asked first, so that nobody queues for a circuit that is open.
        if let rejection = breaker?.rejection {
            breaker?.countRejection()
            return .circuitOpen(rejection)
        }
        do { try await bulkhead?.acquire() } catch { return .noRoom(error) }
        defer { bulkhead?.release() }
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
        for limit in [timeout, retry.deadline.map { $0 - elapsed }].compactMap({ $0 }) {
            request.timeout = min(request.timeout, max(limit, .milliseconds(1)))
        }
        return request
    }

    private func nextDelay(_ attempt: Int, _ outcome: AttemptOutcome, _ start: Duration) -> Duration? {
        retry.nextDelay(afterAttempt: attempt, outcome: outcome, elapsed: loop.uptime - start, random: loop.random)
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

    /// What a result says about the destination's health: an answer below 500 is health, whatever it says.
    private static func verdict(_ answer: Result<Response, TransportError>) -> CircuitBreakerMachine.Result {
        switch answer {
        // An answer out of a store of answers says nothing about now.
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
