import HTTP
import Testing

/// What a client is told of a request that may have been done.
@Suite struct OutcomeUnknownTests {
    private static func router(_ fail: @escaping @Sendable () -> any Error) throws -> Router {
        try Router([
            Route(.post, "/orders", summary: "s") { _ in throw fail() },
            Route(.get, "/orders", summary: "s") { _ in .text("orders") },
            Route(.get, "/orders/{id}", summary: "s") { _ in throw fail() },
            Route(.put, "/orders/{id}", summary: "s") { _ in throw fail() },
            Route(.post, "/orders/{id}/refunds", summary: "s") { _ in throw fail() },
            Route(.post, "/commands", summary: "s") { _ in throw fail() },
        ])
    }

    private func answer(_ method: HTTPMethod, _ path: String, _ fail: @escaping @Sendable () -> any Error) async throws
        -> Response
    {
        try await Self.router(fail).respond(to: Request(method: method, path: path))
    }

    @Test(
        arguments: [
            (.post, "/orders", "/orders"), (.put, "/orders/1", "/orders/1"),
            (.post, "/orders/1/refunds", "/orders/1"), (.post, "/commands", nil),
        ] as [(HTTPMethod, String, String?)])
    func the_answer_says_where_to_look_and_does_not_invite_to_come_again(
        method: HTTPMethod, path: String, look: String?
    ) async throws {
        let answer = try await answer(method, path) { Problem.outcomeUnknown("The database did not answer") }
        let problem = try #require(Problem(answer))
        #expect(answer.status == 500)
        #expect(problem.isOutcomeUnknown)
        #expect(problem.look == look)
        #expect(answer.headers["Location"] == look)
        #expect(answer.headers["Retry-After"] == nil)
        #expect(problem.detail?.contains("Idempotency-Key") == true)
    }

    @Test func the_resource_that_the_request_makes_is_where_to_look() async throws {
        let answer = try await answer(.post, "/orders") {
            RequestEffects.current?.noteResource("/orders/ORD-1")
            return Problem.outcomeUnknown("The database did not answer")
        }
        #expect(Problem(answer)?.look == "/orders/ORD-1")
    }

    @Test(arguments: [true, false]) func an_error_after_an_effect_does_not_say_that_nothing_was_done(
        hasActed: Bool
    ) async throws {
        for error in [CancellationError(), Away()] as [any Error] {
            let answer = try await answer(.post, "/orders") {
                if hasActed { RequestEffects.current?.noteAction() }
                return error
            }
            #expect(answer.status == (hasActed ? 500 : 503))
            #expect((answer.headers["Retry-After"] == nil) == hasActed)
        }
    }

    @Test func to_read_again_is_always_safe() async throws {
        let answer = try await answer(.get, "/orders/1") {
            RequestEffects.current?.noteAction()
            return Away()
        }
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] != nil)
    }

    private struct Away: ProblemConvertible {
        var problem: Problem { .unavailableUnlessActed("The database does not answer now") }
    }
}
