import HTTP
import Kernel
import Simulation
import Telemetry
import Testing

@testable import Resilience

@Suite struct ResilientTransportTests {
    let loop = SimulatedLoop(seed: 1)
    let metrics = MetricsRegistry()
    let get = OutboundRequest(method: .get, url: "http://127.0.0.1:1/", timeout: .seconds(60))

    func transport(
        _ base: ScriptedTransport, retry: RetryPolicy = RetryPolicy(), breaker: CircuitBreaker? = nil,
        bulkhead: Bulkhead? = nil, timeout: Duration? = nil
    ) -> ResilientTransport {
        ResilientTransport(
            base, name: "payment", loop: loop, timeout: timeout, retry: retry, breaker: breaker, bulkhead: bulkhead,
            metrics: metrics)
    }

    /// What the caller sees: a status, or an error.
    func call(_ transport: ResilientTransport, _ request: OutboundRequest) throws -> Result<Int, TransportError> {
        try loop.run { await transport.outcome(request) }
    }

    @Test func an_answer_that_comes_in_time_is_the_calls() throws {
        let base = ScriptedTransport([.error(.timedOut), .status(502), .status(201)], loop: loop)
        #expect(try call(transport(base), get) == .success(201))
        #expect(base.seconds == [0, 3, 8])
        #expect(metrics.render().contains(#"sambal_retries_total{destination="payment"} 2"#))
    }

    /// Each attempt takes a second; between them are 2 s, 4 s and 8 s.
    @Test func the_last_answer_stands_when_the_attempts_are_used_up() throws {
        let base = ScriptedTransport([.status(502)], loop: loop)
        #expect(try call(transport(base), get) == .success(502))
        #expect(base.seconds == [0, 3, 8, 17])
    }

    @Test func retry_after_wins() throws {
        let base = ScriptedTransport([.status(429, retryAfter: "5"), .status(200)], loop: loop)
        #expect(try call(transport(base), get) == .success(200))
        #expect(base.seconds == [0, 6])
    }

    @Test func a_post_without_a_key_is_sent_once() throws {
        let base = ScriptedTransport([.error(.unreachable), .status(200)], loop: loop)
        let post = OutboundRequest(method: .post, url: "http://127.0.0.1:1/")
        guard case .failure(let error) = try call(transport(base), post) else { throw Unexpected() }
        #expect(error.isKnownNotSent)
        #expect(base.seconds == [0])
    }

    struct Unexpected: Error {}

    @Test(
        arguments: [
            ([.error(.unreachable)], .unreachable),
            ([.error(.timedOut), .error(.unreachable)], .timedOut),
            ([.error(.interrupted), .error(.timedOut), .error(.unreachable)], .interrupted),
            ([.status(502), .error(.unreachable)], .interrupted),
        ] as [([ScriptedTransport.Answer], TransportError.Code)])
    func unreachable_means_that_no_attempt_can_have_arrived(
        answers: [ScriptedTransport.Answer], code: TransportError.Code
    ) throws {
        let base = ScriptedTransport(answers, loop: loop)
        guard case .failure(let error) = try call(transport(base), get) else { throw Unexpected() }
        #expect(error.code == code)
        #expect(error.isKnownNotSent == (code == .unreachable))
    }

    /// The last answer says only that the last attempt was not looked at.
    @Test(
        arguments: [
            ([.error(.timedOut), .status(429)], .timedOut), ([.error(.interrupted), .status(503)], .interrupted),
            ([.status(502), .status(429)], .interrupted),
            ([.status(503, retryAfter: "1"), .status(429)], .interrupted),
            ([.error(.timedOut), .status(401)], .timedOut), ([.status(504), .status(503)], .interrupted),
        ] as [([ScriptedTransport.Answer], TransportError.Code)])
    func an_answer_that_speaks_for_one_attempt_does_not_speak_for_the_call(
        answers: [ScriptedTransport.Answer], code: TransportError.Code
    ) throws {
        let base = ScriptedTransport(answers, loop: loop)
        let post = OutboundRequest(
            method: .post, url: "http://127.0.0.1:1/", headers: ["Idempotency-Key": "1"], timeout: .seconds(60))
        let retry = RetryPolicy(maximumRetries: answers.count - 1)
        guard case .failure(let error) = try call(transport(base, retry: retry), post) else { throw Unexpected() }
        #expect(error.code == code)
        #expect(!error.isKnownNotSent)
    }

    @Test(
        arguments: [
            ([.status(429, retryAfter: "1"), .status(503)], 503),
            ([.status(503, retryAfter: "1"), .status(503)], 503), ([.error(.timedOut), .status(422)], 422),
            ([.error(.timedOut), .status(201)], 201),
        ] as [([ScriptedTransport.Answer], Int)])
    func an_answer_stands_where_no_earlier_attempt_may_have_arrived_or_it_is_about_the_request(
        answers: [ScriptedTransport.Answer], status: Int
    ) throws {
        let base = ScriptedTransport(answers, loop: loop)
        let post = OutboundRequest(
            method: .post, url: "http://127.0.0.1:1/", headers: ["Idempotency-Key": "1"], timeout: .seconds(60))
        let retry = RetryPolicy(maximumRetries: answers.count - 1)
        #expect(try call(transport(base, retry: retry), post) == .success(status))
    }

    @Test func a_circuit_that_opened_where_nobody_listens_probes_soon() throws {
        let base = ScriptedTransport([.error(.unreachable), .error(.unreachable), .status(200)], loop: loop)
        let breaker = breaker()
        let transport = transport(base, retry: .never, breaker: breaker)
        _ = try call(transport, get)
        _ = try call(transport, get)
        #expect(breaker.status.state == .open)
        try loop.run { [loop] in try await loop.sleep(for: .milliseconds(500)) }
        #expect(try call(transport, get) == .success(200))
        #expect(breaker.status.state == .closed)
    }

    func breaker(_ openDuration: Duration = .seconds(60)) -> CircuitBreaker {
        CircuitBreaker(
            name: "payment",
            settings: CircuitBreakerSettings(windowSize: 2, minimumCalls: 2, openDuration: openDuration, probes: 1),
            loop: loop, metrics: metrics)
    }

    @Test func an_open_circuit_fails_at_once_without_a_call() throws {
        let base = ScriptedTransport([.error(.timedOut)], loop: loop)
        let transport = transport(base, retry: .never, breaker: breaker())
        _ = try call(transport, get)
        _ = try call(transport, get)
        let before = loop.uptime
        guard case .failure(let error) = try call(transport, get) else { throw Unexpected() }
        #expect(error.code == .unreachable)
        #expect(error.message == "payment: circuit open, next try in 60000 ms")
        #expect(loop.uptime == before)
        #expect(base.seconds.count == 2)
        let rendered = metrics.render()
        #expect(rendered.contains(#"sambal_circuit_breaker_state{destination="payment"} 2"#))
        #expect(rendered.contains(#"sambal_circuit_breaker_rejected_total{destination="payment"} 1"#))
        #expect(rendered.contains(#"sambal_circuit_breaker_transitions_total{destination="payment",to="open"} 1"#))
    }

    @Test func a_circuit_that_opens_between_attempts_does_not_hide_that_one_may_have_arrived() throws {
        let base = ScriptedTransport([.error(.timedOut)], loop: loop)
        guard case .failure(let error) = try call(transport(base, breaker: breaker()), get) else { throw Unexpected() }
        #expect(error.code == .timedOut)
        #expect(error.message.contains("circuit open"))
        #expect(base.seconds.count == 2)
    }

    @Test func a_probe_that_succeeds_closes_the_circuit() throws {
        let base = ScriptedTransport([.error(.unreachable), .error(.unreachable), .status(200)], loop: loop)
        let breaker = breaker(.seconds(5))
        let transport = transport(base, retry: .never, breaker: breaker)
        _ = try call(transport, get)
        _ = try call(transport, get)
        try loop.run { [loop] in try await loop.sleep(for: .seconds(5)) }
        #expect(try call(transport, get) == .success(200))
        #expect(breaker.status.state == .closed)
    }

    @Test func the_requests_own_time_out_bounds_the_call_with_its_retries() throws {
        let base = ScriptedTransport([.error(.interrupted)], loop: loop)
        var request = get
        request.timeout = .seconds(5)
        guard case .failure(let error) = try call(transport(base), request) else { throw Unexpected() }
        #expect(error.code == .interrupted)
        #expect(base.seconds == [0, 3])
        #expect(base.timeouts == [.seconds(5), .seconds(2)])
        #expect(metrics.render().contains(#"sambal_retries_total{destination="payment"} 1"#))
    }

    @Test func what_was_certainly_not_sent_is_told_at_once() throws {
        let base = ScriptedTransport([.error(.unreachable), .status(200)], loop: loop)
        guard case .failure(let error) = try call(transport(base), get) else { throw Unexpected() }
        #expect(error.isKnownNotSent)
        #expect(base.seconds == [0])
    }

    @Test func the_patience_bounds_attempts_and_their_time_out() throws {
        let base = ScriptedTransport([.error(.timedOut)], loop: loop)
        let retry = RetryPolicy(patience: .seconds(9))
        _ = try call(transport(base, retry: retry, timeout: .seconds(4)), get)
        #expect(base.seconds == [0, 3, 8])
        #expect(base.timeouts == [.seconds(4), .seconds(4), .seconds(1)])
    }

    @Test func cancelling_while_it_waits_to_try_again_is_not_known_not_sent() throws {
        let base = ScriptedTransport([.error(.interrupted)], loop: loop)
        let transport = transport(base)
        let (loop, get) = (loop, get)
        let error = try loop.run { () async -> TransportError? in
            await withTaskGroup(of: TransportError?.self) { group in
                group.addTask {
                    await transport.outcome(get).error
                }
                try? await loop.sleep(for: .seconds(2))
                group.cancelAll()
                return await group.next() ?? nil
            }
        }
        #expect(error?.code == .cancelled)
        #expect(base.seconds == [0])
    }

    @Test func calls_beyond_the_bulkhead_wait_and_beyond_that_fail() throws {
        let base = ScriptedTransport([.status(200)], loop: loop)
        let bulkhead = Bulkhead(
            name: "payment", maximumConcurrent: 2, maximumWaiting: 2, maximumWait: .seconds(60), loop: loop,
            metrics: metrics)
        let transport = transport(base, retry: .never, bulkhead: bulkhead)
        let get = get
        let codes = try loop.run { () async -> [TransportError.Code?] in
            await withTaskGroup(of: TransportError.Code?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        await transport.outcome(get).error?.code
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(codes.count { $0 == nil } == 4)
        #expect(codes.count { $0 == .unreachable } == 2)
        #expect(base.seconds == [0, 0, 1, 1])
        #expect(bulkhead.counts == (running: 0, waiting: 0))
        #expect(metrics.render().contains(#"sambal_bulkhead_running{destination="payment"} 0"#))
    }
}

extension ResilientTransport {
    fileprivate func outcome(_ request: OutboundRequest) async -> Result<Int, TransportError> {
        do { return .success(try await send(request).status) } catch { return .failure(error) }
    }
}

extension Result {
    fileprivate var error: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
