import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import OrderService

/// Refunds that the provider refuses, reverses, or makes by itself: nothing waits for ever, and nothing is only a flag.
@Suite struct RefusedRefundTests {
    private static func tasks(_ shop: OrderUnderTest) async throws -> String {
        try await shop.service.send(.get, "/tasks?state=OPEN").text
    }

    @Test func a_refused_whole_refund_that_stopped_the_delivery_is_put_before_a_person() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("CAPTURED", attempt: "REFUSED"))
            #expect(try await shop.refund(id, "", key: "all").status == 422)
            #expect(try await shop.order(id).states == "PAID PAID CANCELLED")
            let tasks = try await Self.tasks(shop)
            #expect(tasks.contains("PAID_AND_STOPPED") && tasks.contains(id), "\(tasks)")
        }
    }

    @Test func a_refused_part_that_stopped_nothing_opens_no_task() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("CAPTURED", attempt: "REFUSED"))
            #expect(try await shop.refund(id, #"{"amount":1000}"#, key: "part").status == 422)
            #expect(try await !Self.tasks(shop).contains("PAID_AND_STOPPED"))
        }
    }

    @Test func a_refund_that_was_reversed_before_order_looked_ends_as_refused() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("CAPTURED", attempt: "ACCEPTED"))
            shop.set(
                "GET /payments/PAY-1", 200,
                #"{"refundedAmount":0,"attempts":[{"id":"ATT-1","state":"REVERSED","reason":"account closed"}]}"#)
            let answer = try await shop.refund(id, #"{"amount":1000}"#, key: "part")
            #expect(answer.status == 422, "\(answer.text)")
        }
    }

    @Test func a_cancellation_is_told_when_it_begins_and_when_the_delivery_does_not_let_go() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.problem("POST /api/deliveries/cancellations", 409, DeliveryAPI.alreadyShipped)
            #expect(try await shop.service.send(.post, "/orders/\(id)/cancel").status == 409)
            try await shop.until("both are told") {
                try shop.service.published(OrderCancellationRefused.self).count == 1
            }
            #expect(try shop.service.published(OrderCancellationBegan.self).map(\.order.orderId) == [id])
            #expect(try shop.service.published(OrderCancellationRefused.self).map(\.paymentStatus) == [.paid])
            #expect(try shop.service.published(OrderCancelled.self).isEmpty)
        }
    }

    @Test func a_parked_cancellation_goes_on_when_payment_tells_that_the_money_is_back() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.problem("POST /api/payments/cancellations", 422, "about:blank")
            #expect(try await shop.service.send(.post, "/orders/\(id)/cancel").status == 202)
            try await shop.until("the saga is parked") {
                try await shop.service.send(.get, "/sagas/cancellation").text.contains("PARKED")
            }
            shop.set(
                "POST /api/payments/cancellations", 200,
                #"{"orderId":"\#(id)","paymentId":"PAY-1","refundedAmount":10000}"#)
            try await shop.refunded(id, 10_000, inAll: 10_000, version: 3)
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
        }
    }

    /// The provider refuses to refund what is disputed; the bank gives the buyer the money instead.
    @Test func a_parked_cancellation_goes_on_when_a_chargeback_takes_the_money() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.problem("POST /api/payments/cancellations", 422, "about:blank")
            #expect(try await shop.service.send(.post, "/orders/\(id)/cancel").status == 202)
            try await shop.until("the saga is parked") {
                try await shop.service.send(.get, "/sagas/cancellation").text.contains("PARKED")
            }
            shop.set(
                "POST /api/payments/cancellations", 200,
                #"{"orderId":"\#(id)","paymentId":"PAY-1","refundedAmount":0}"#)
            try await shop.dispute(id, .fundsWithdrawn, version: 3)
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
            #expect(try await shop.order(id).states == "CANCELLED DISPUTED CANCELLED")
        }
    }

    /// Many of these at once are how an operator learns that orders were lost.
    @Test func a_payment_of_an_unknown_order_is_given_back_under_a_task_that_ends_with_the_money_back() async throws {
        try await OrderUnderTest.run { shop in
            shop.problem("POST /api/payments/cancellations", 503, "about:blank")
            try await shop.approve("ORD-LOST")
            try await shop.until("it is put before a person") {
                let open = try await Self.tasks(shop)
                return open.contains("PAID_WITHOUT_ORDER-ORD-LOST") && open.contains("10000 KRW")
            }
            shop.set(
                "POST /api/payments/cancellations", 200,
                #"{"orderId":"ORD-LOST","paymentId":"PAY-1","refundedAmount":10000}"#)
            try await shop.until("it is settled") { try await !Self.tasks(shop).contains("ORD-LOST") }
            let settled = try await shop.service.send(.get, "/tasks?state=RESOLVED").text
            #expect(settled.contains("PAID_WITHOUT_ORDER-ORD-LOST"), "\(settled)")
            #expect(settled.contains("the money is back"), "\(settled)")
        }
    }
}
