import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import OrderService

/// A key lives as long as what it began: repeated weeks later, it has the same answer and no second effect.
@Suite struct OrderKeyTests {
    @Test func a_refund_is_made_once_however_late_it_is_asked_for_again() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("PARTIALLY_REFUNDED", refunded: 1000, attempt: "SUCCEEDED"))
            let first = try await shop.refund(id, #"{"amount":1000}"#, key: "R-1")
            #expect(first.status == 201, "\(first.text)")
            for days in [1, 30, 60] {
                try await shop.service.pass(days: days)
                let again = try await shop.refund(id, #"{"amount":1000}"#, key: "R-1")
                #expect(again.status == 201 && again.body == first.body, "\(days) days later: \(again.text)")
                #expect(again.headers["Idempotent-Replayed"] == "true")
            }
            #expect(shop.calls.filter { $0 == "payment POST /api/payments/PAY-1/refunds" }.count == 1)
        }
    }

    @Test func a_refund_that_is_under_way_for_weeks_is_the_same_one() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            let first = try await shop.refund(id, #"{"amount":1000}"#, key: "R-1")
            #expect(first.status == 202, "\(first.text)")
            try await shop.service.pass(days: 25)
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("PARTIALLY_REFUNDED", refunded: 1000, attempt: "SUCCEEDED"))
            try await shop.service.pass(days: 1)
            let again = try await shop.refund(id, #"{"amount":1000}"#, key: "R-1")
            #expect(again.status == 201, "\(again.text)")
            let (one, two) = (try first.json(RefundAnswer.self), try again.json(RefundAnswer.self))
            #expect(one.id == two.id)
        }
    }

    @Test func an_order_is_placed_once_for_62_days() async throws {
        try await OrderUnderTest.run { shop in
            let first = try await shop.place(key: "K-1")
            #expect(first.status == 201, "\(first.text)")
            try await shop.approve(try first.json(OrderUnderTest.Placed.self).id)
            for days in [1, 29, 31] {
                try await shop.service.pass(days: days)
                let again = try await shop.place(key: "K-1")
                #expect(again.status == 201 && again.body == first.body, "\(days) days later: \(again.text)")
            }
            #expect(try shop.service.published(OrderPlaced.self).count == 1)
            #expect(shop.calls == ["payment POST /api/payments"])
        }
    }

    /// `POST /orders/{id}/cancel` reads no key: its repetition finds the order cancelled.
    @Test func a_cancellation_is_the_same_however_late_it_is_asked_for_again() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.set("POST /api/payments/cancellations", 200, #"{"orderId":"\#(id)","refundedAmount":10000}"#)
            let first = try await shop.service.send(.post, "/orders/\(id)/cancel", "")
            #expect(first.status == 200, "\(first.text)")
            try await shop.service.pass(days: 70)
            let again = try await shop.service.send(.post, "/orders/\(id)/cancel", "")
            #expect(again.status == 200 && again.body == first.body, "\(again.text)")
            #expect(shop.calls.filter { $0 == "payment POST /api/payments/cancellations" }.count == 1)
            #expect(try shop.service.published(OrderCancelled.self).count == 1)
        }
    }
}
