import HTTP
import Kernel
import Testing

@testable import Resilience

@Suite struct RetryPolicyTests {
    @Test(arguments: [(1, 2), (2, 4), (3, 8), (4, nil), (5, nil)] as [(Int, Int?)])
    func the_default_is_three_retries_after_2_4_and_8_seconds(attempt: Int, seconds: Int?) {
        let delay = RetryPolicy().nextDelay(afterAttempt: attempt, outcome: .failed(.timedOut))
        #expect(delay == seconds.map { .seconds($0) })
    }

    @Test(
        arguments: [
            (.failed(.unreachable), false), (.failed(.timedOut), true), (.failed(.interrupted), true),
            (.failed(.cancelled), false), (.failed(.malformed), false), (.failed(.tooLarge), false),
            (.answered(status: 200), false), (.answered(status: 400), false), (.answered(status: 409), false),
            (.answered(status: 429), false), (.answered(status: 500), false), (.answered(status: 502), true),
            (.answered(status: 503), false), (.answered(status: 504), true),
            (.answered(status: 503, retryAfter: .seconds(1)), true),
            (.answered(status: 429, retryAfter: .seconds(1)), true),
            (.answered(status: 500, retryAfter: .seconds(1)), false),
        ] as [(AttemptOutcome, Bool)])
    func only_an_unknown_outcome_or_a_given_time_is_tried_again(outcome: AttemptOutcome, isRetried: Bool) {
        #expect((RetryPolicy().nextDelay(afterAttempt: 1, outcome: outcome) != nil) == isRetried)
    }

    @Test(arguments: [(7, 7), (0, 0), (1, 1), (31, nil)] as [(Int, Int?)])
    func retry_after_wins_unless_it_is_too_long(wanted: Int, seconds: Int?) {
        let outcome = AttemptOutcome.answered(status: 503, retryAfter: .seconds(wanted))
        #expect(RetryPolicy().nextDelay(afterAttempt: 1, outcome: outcome) == seconds.map { .seconds($0) })
    }

    @Test func no_attempt_begins_after_the_patience_has_ended() {
        let policy = RetryPolicy(patience: .seconds(5))
        let outcome = AttemptOutcome.failed(.timedOut)
        #expect(policy.nextDelay(afterAttempt: 1, outcome: outcome, elapsed: .milliseconds(2999)) == .seconds(2))
        #expect(policy.nextDelay(afterAttempt: 1, outcome: outcome, elapsed: .seconds(3)) == nil)
    }

    @Test func delays_are_bounded_however_many_attempts_there_are() {
        let policy = RetryPolicy(maximumRetries: .max, maximumDelay: .seconds(30))
        #expect(policy.nextDelay(afterAttempt: 100_000, outcome: .failed(.timedOut)) == .seconds(30))
    }

    @Test func full_jitter_is_a_random_part_of_the_delay() {
        let policy = RetryPolicy(jitter: .full)
        #expect(policy.nextDelay(afterAttempt: 2, outcome: .failed(.timedOut)) { 0 } == .zero)
        #expect(policy.nextDelay(afterAttempt: 2, outcome: .failed(.timedOut)) { 1 << 63 } == .seconds(2))
    }

    @Test func jitter_around_the_delay_is_symmetric_and_needs_randomness() {
        let policy = RetryPolicy(jitter: .around(0.25))
        #expect(policy.delay(after: 1) { 0 } == .milliseconds(1500))
        #expect(policy.delay(after: 1) { 1 << 63 } == .seconds(2))
        #expect(policy.delay(after: 1) == .seconds(2))
    }

    @Test func an_exponential_policy_never_gives_up_and_never_waits_longer_than_its_cap() {
        let policy = RetryPolicy.exponential(from: .milliseconds(50), cap: .seconds(10))
        let delays = [1, 2, 3, 8, 9, 1_000_000].map { policy.nextDelay(after: $0) }
        #expect(
            delays == [
                .milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(6400), .seconds(10),
                .seconds(10),
            ])
        #expect(RetryPolicy(maximumRetries: .max, multiplier: 1).delay(after: .max) == .seconds(2))
    }

    @Test func a_multiplier_of_four_waits_four_times_as_long() {
        let policy = RetryPolicy(firstDelay: .seconds(30), multiplier: 4, maximumDelay: .seconds(1000))
        #expect(
            (1...4).map { policy.delay(after: $0) } == [.seconds(30), .seconds(120), .seconds(480), .seconds(1000)])
    }

    @Test(arguments: [
        (HTTPMethod.get, false, true), (.head, false, true), (.put, false, false), (.delete, false, false),
        (.post, false, false), (.patch, false, false), (.post, true, true), (.put, true, true),
    ])
    func a_request_is_repeated_only_where_that_is_safe(method: HTTPMethod, hasKey: Bool, isSafe: Bool) {
        var request = OutboundRequest(method: method, url: "http://a/")
        if hasKey { request.headers["idempotency-key"] = "k" }
        #expect(RetryPolicy.isSafeToRepeat(request) == isSafe)
    }

    @Test(
        arguments: [
            ("120", 120), ("0", 0), ("Thu, 01 Jan 2026 00:00:30 GMT", 30), ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
            ("-1", nil), ("soon", nil), ("1.5", nil), ("Thu, 01 Foo 2026 00:00:30 GMT", nil),
        ] as [(String, Int?)])
    func retry_after_is_seconds_or_a_date(text: String, seconds: Int?) {
        let now = Timestamp("2026-01-01T00:00:00Z")!
        #expect(RetryAfter.delay(text, now: now) == seconds.map { .seconds($0) })
    }
}
