import Contracts
import HTTP
import ServiceTestSupport
import Testing

/// A decision is made once for its key, however late it is sent again: the task may be about something else by then.
@Suite struct TaskKeyTests {
    @Test func a_decision_that_is_repeated_after_months_does_not_decide_what_came_up_again() async throws {
        try await OrderUnderTest.run("payment: off") { shop in
            let id = try await shop.place().json(OrderUnderTest.Placed.self).id
            try await shop.approve(id, amount: 9_999)
            let first = try await shop.dismiss()
            #expect(first.isSuccess, "\(first.text)")
            try await shop.service.pass(days: 63)
            try await shop.approve(id, amount: 9_999, version: 3)
            let again = try await shop.dismiss()
            #expect(again.headers["Idempotent-Replayed"] == "true" && again.body == first.body, "\(again.text)")
            let open = try await shop.service.send(.get, "/tasks?state=OPEN")
            #expect(open.text.contains("PAYMENT_MISMATCH-PAY-1"), "\(open.text)")
        }
    }
}

extension OrderUnderTest {
    fileprivate func dismiss() async throws -> Response {
        try await service.send(
            .post, "/tasks/PAYMENT_MISMATCH-PAY-1/resolution",
            #"{"action":"dismiss","by":"ann","reason":"settled with the buyer"}"#,
            headers: ["Content-Type": "application/json", "Idempotency-Key": "T-1"])
    }
}
