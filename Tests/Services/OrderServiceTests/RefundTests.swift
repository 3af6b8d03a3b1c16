import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import OrderService

/// Money that goes back, before and after the goods have left.
@Suite struct RefundTests {
    @Test func the_rest_of_a_shipped_order_is_refunded_with_its_stock_after_a_part() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            try await shop.ship(id)
            #expect(try await shop.order(id).states == "SHIPPED PAID SHIPPED")
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("PARTIALLY_REFUNDED", refunded: 1000, attempt: "SUCCEEDED"))
            let part = try await shop.refund(id, #"{"amount":1000}"#, key: "part")
            #expect(part.status == 201, "\(part.text)")
            try await shop.refunded(id, 1000, inAll: 1000, version: 3)
            #expect(try await shop.order(id).states == "SHIPPED PARTIALLY_REFUNDED SHIPPED")

            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("REFUNDED", refunded: 10_000, attempt: "SUCCEEDED"))
            let rest = try await shop.refund(id, #"{"returnsStock":true}"#, key: "rest")
            #expect(rest.status == 201, "\(rest.text)")
            try await shop.refunded(id, 9000, inAll: 10_000, version: 4)
            #expect(try await shop.order(id).states == "REFUNDED REFUNDED RETURNED")
            #expect(try shop.service.published(OrderReturned.self).map(\.order.orderId) == [id])
            #expect(!shop.calls.contains { $0.hasPrefix("delivery") })
        }
    }

    @Test func what_is_refunded_whole_before_it_left_never_leaves() async throws {
        for body in ["", #"{"amount":10000}"#] {
            try await OrderUnderTest.run { shop in
                let id = try await shop.paid()
                shop.set(
                    "POST /api/payments/PAY-1/refunds", 200,
                    OrderUnderTest.receipt("REFUNDED", refunded: 10_000, attempt: "SUCCEEDED"))
                let answer = try await shop.refund(id, body, key: "all")
                #expect(answer.status == 201, "\(answer.text)")
                let calls = shop.calls.drop { !$0.hasPrefix("delivery") }
                #expect(calls.first == "delivery POST /api/deliveries/cancellations")
                #expect(calls.dropFirst().first == "payment POST /api/payments/PAY-1/refunds")
                try await shop.refunded(id, 10_000, inAll: 10_000, version: 3)
                #expect(try await shop.order(id).states == "REFUNDED REFUNDED CANCELLED")
            }
        }
    }

    @Test func no_money_goes_back_while_delivery_does_not_answer() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.set("POST /api/deliveries/cancellations", 503, "")
            let answer = try await shop.refund(id, "", key: "all")
            #expect(answer.status == 202, "\(answer.text)")
            #expect(!shop.calls.contains("payment POST /api/payments/PAY-1/refunds"))
        }
    }

    @Test func what_had_left_without_order_knowing_is_refunded_all_the_same() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.problem("POST /api/deliveries/cancellations", 409, DeliveryAPI.alreadyShipped)
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("REFUNDED", refunded: 10_000, attempt: "SUCCEEDED"))
            #expect(try await shop.refund(id, "", key: "all").status == 201)
            try await shop.ship(id)
            try await shop.refunded(id, 10_000, inAll: 10_000, version: 3)
            #expect(try await shop.order(id).states == "REFUNDED REFUNDED SHIPPED")
        }
    }

    @Test func a_whole_refund_that_the_provider_tells_of_stops_the_delivery() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            try await shop.refunded(id, 10_000, inAll: 10_000, version: 3)
            try await shop.service.settle()
            try await shop.until("the delivery is stopped") {
                try await shop.order(id).states == "REFUNDED REFUNDED CANCELLED"
            }
            #expect(shop.calls.contains("delivery POST /api/deliveries/cancellations"))
            #expect(!shop.calls.contains("payment POST /api/payments/PAY-1/refunds"))
        }
    }

    @Test func a_part_leaves_the_delivery_alone() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("PARTIALLY_REFUNDED", refunded: 1000, attempt: "SUCCEEDED"))
            #expect(try await shop.refund(id, #"{"amount":1000}"#, key: "part").status == 201)
            try await shop.refunded(id, 1000, inAll: 1000, version: 3)
            #expect(try await shop.order(id).states == "PARTIALLY_REFUNDED PARTIALLY_REFUNDED NONE")
            #expect(!shop.calls.contains { $0.hasPrefix("delivery") })
        }
    }

    @Test func an_order_in_the_shop_is_cancelled_rather_than_returned() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            let answer = try await shop.refund(id, #"{"returnsStock":true}"#, key: "all")
            #expect(answer.status == 409)
            #expect(answer.problem?.detail?.contains("/orders/\(id)/cancel") == true, "\(answer.text)")
        }
    }
}
