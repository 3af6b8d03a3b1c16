import Contracts
import HTTP
import Kernel
import OrderService
import ServiceTestSupport
import Testing

/// Orders of which it is not known in time whether they are paid, and money that comes late.
@Suite struct PaymentDeadlineTests {
    private static let notDecided = "POST /api/payments/cancellations"

    @Test func an_order_whose_payment_stays_unknown_is_cancelled_without_waiting_for_the_provider() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.place().json(OrderUnderTest.Placed.self).id
            shop.receipt(of: id, "PENDING")
            shop.problem(Self.notDecided, 409, PaymentAPI.notDecided)
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
            #expect(try await shop.order(id).states == "CANCELLED PENDING CANCELLED")
            #expect(shop.calls.contains("payment GET /api/payments/orders/\(id)"))
            try await shop.service.settle()
            let told = try shop.service.published(OrderCancelled.self)
            #expect(told.map(\.isPaymentOpen) == [true] && told.map(\.refundedAmount) == [0])
            // What arrives after that is given back by payment, and changes the money's state alone.
            try await shop.approve(id)
            #expect(try await shop.order(id).states == "CANCELLED PAID CANCELLED")
            try await shop.refunded(id, 10_000, inAll: 10_000, version: 3)
            #expect(try await shop.order(id).states == "CANCELLED REFUNDED CANCELLED")
            #expect(try shop.service.published(OrderPaid.self).isEmpty)
            // The cancellation could not tell of it.
            try await shop.service.settle()
            #expect(try shop.service.published(OrderRefunded.self).map(\.refundedAmount) == [10_000])
        }
    }

    @Test func a_refund_that_its_cancellation_has_told_is_not_told_again() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.paid()
            shop.set(Self.notDecided, 200, #"{"orderId":"\#(id)","refundedAmount":10000}"#)
            #expect(try await shop.service.send(.post, "/orders/\(id)/cancel", "").status == 200)
            try await shop.refunded(id, 10_000, inAll: 10_000, version: 3)
            try await shop.service.settle()
            #expect(try shop.service.published(OrderCancelled.self).map(\.refundedAmount) == [10_000])
            #expect(try shop.service.published(OrderRefunded.self).isEmpty)
            // One that did not arrive is told, and so is the one that makes up for it.
            try await shop.service.hear(
                PaymentRefundFailed(
                    paymentId: "PAY-1", orderId: id, amount: 10_000, refundedAmount: 0, currency: .southKoreanWon,
                    failedAt: shop.service.loop.now), about: id, version: 4)
            try await shop.refunded(id, 10_000, inAll: 10_000, version: 5)
            try await shop.service.settle()
            #expect(try shop.service.published(OrderRefunded.self).map(\.refundedAmount) == [10_000])
        }
    }

    @Test func a_payment_that_nobody_was_told_of_is_found_before_the_order_is_given_up() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.place().json(OrderUnderTest.Placed.self).id
            shop.receipt(of: id, "CAPTURED", captured: 10_000)
            try await shop.until("the order is paid") { try await shop.order(id).status == "PAID" }
            // The event comes late, and is no news.
            try await shop.approve(id)
            try await shop.service.settle()
            #expect(try shop.service.published(OrderPaid.self).count == 1)
            #expect(!shop.calls.contains(Self.notDecided))
        }
    }

    @Test func while_payment_does_not_answer_nothing_is_given_up() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.place().json(OrderUnderTest.Placed.self).id
            let asked = "payment GET /api/payments/orders/\(id)"
            try await shop.until("payment is asked twice") { shop.calls.filter { $0 == asked }.count > 1 }
            #expect(try await shop.order(id).status == "PLACED")
            shop.receipt(of: id, "FAILED")
            try await shop.until("the payment has failed") { try await shop.order(id).status == "PAYMENT_FAILED" }
        }
    }

    @Test func a_payment_that_was_never_begun_is_none() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            shop.set("POST /api/payments", 500, "")
            let placed = try await shop.place()
            #expect(placed.status == 202, "\(placed.text)")
            let id = try placed.json(OrderUnderTest.Placed.self).id
            shop.set("GET /api/payments/orders/\(id)", 404, "")
            shop.set(Self.notDecided, 200, #"{"orderId":"\#(id)","refundedAmount":0}"#)
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
            #expect(try await shop.order(id).states == "CANCELLED CANCELLED CANCELLED")
        }
    }

    @Test func a_cancellation_that_waits_for_the_provider_waits_no_longer_than_the_order_would() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.place().json(OrderUnderTest.Placed.self).id
            shop.problem(Self.notDecided, 409, PaymentAPI.notDecided)
            let answer = try await shop.service.send(.post, "/orders/\(id)/cancel", "")
            #expect(answer.status == 202, "\(answer.text)")
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
        }
    }

    @Test func late_money_of_a_refused_order_goes_back_and_its_buyer_is_told() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.refused()
            shop.set(Self.notDecided, 200, #"{"orderId":"\#(id)","refundedAmount":10000}"#)
            try await shop.approve(id, version: 3)
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
            try await shop.refunded(id, 10_000, inAll: 10_000, version: 4)
            #expect(try await shop.order(id).states == "CANCELLED REFUNDED CANCELLED")
            #expect(shop.calls.filter { $0 == "payment \(Self.notDecided)" }.count == 1)
            try await shop.service.settle()
            #expect(try shop.service.published(OrderPaid.self).isEmpty)
            #expect(try shop.service.published(OrderCancelled.self).map(\.refundedAmount) == [10_000])
        }
    }

    @Test func late_money_of_an_order_whose_payment_answered_no_goes_back() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            shop.set("POST /api/payments", 201, OrderUnderTest.receipt("FAILED", attempt: "REFUSED"))
            #expect(try await shop.place().status == 402)
            let placed = try #require(try shop.service.published(OrderPlaced.self).first?.order.orderId)
            shop.set(Self.notDecided, 200, #"{"orderId":"\#(placed)","refundedAmount":10000}"#)
            try await shop.approve(placed, version: 3)
            try await shop.until("the order is cancelled") { try await shop.order(placed).status == "CANCELLED" }
            #expect(try shop.service.published(OrderPaid.self).isEmpty)
        }
    }

    @Test func a_late_reservation_of_a_refused_order_is_let_go() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.refused()
            shop.set(Self.notDecided, 200, #"{"orderId":"\#(id)","refundedAmount":0}"#)
            try await shop.service.hear(
                PaymentAuthorised(paymentId: "PAY-1", orderId: id, amount: 10_000, currency: .southKoreanWon),
                about: id, version: 3)
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
            #expect(shop.calls.contains("payment \(Self.notDecided)"))
            try await shop.service.settle()
            #expect(try shop.service.published(OrderCancelled.self).map(\.refundedAmount) == [0])
        }
    }

    @Test func late_money_of_a_checkout_that_failed_goes_back() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = "ORD-7"
            let order = CreateOrder(
                orderId: id, cartId: "CRT-1", checkout: .orchestrated, branchId: 1,
                items: [OrderItem(sauceId: 1, qty: 10, price: 1000)], currency: .southKoreanWon, buyer: Buyer(),
                address: Address(street: "Jalan 1", city: "Jakarta", country: "ID"))
            try await shop.service.hear(AddressConfirmed(order: order), about: id)
            try await shop.service.hear(
                PaymentFailed(paymentId: "PAY-1", orderId: id, reason: "refused"), about: id, version: 2)
            shop.set(Self.notDecided, 200, #"{"orderId":"\#(id)","refundedAmount":10000}"#)
            shop.set("POST /reservations/\(id)/release", 200, "{}")
            try await shop.approve(id, version: 3)
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
            #expect(shop.calls.contains("payment \(Self.notDecided)"))
            #expect(try shop.service.published(OrderPaid.self).isEmpty)
        }
    }

    @Test func money_for_an_order_that_does_not_stand_is_given_back() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            shop.set(Self.notDecided, 200, #"{"orderId":"ORD-9","refundedAmount":10000}"#)
            try await shop.approve("ORD-9")
            try await shop.approve("ORD-9", version: 3)
            try await shop.until("payment is asked to give it back") {
                shop.calls.contains("payment \(Self.notDecided)")
            }
            #expect(shop.calls.first == "delivery POST /api/deliveries/cancellations")
            #expect(shop.calls.filter { $0 == "payment \(Self.notDecided)" }.count == 1)
        }
    }

    @Test func another_amount_is_no_payment_but_a_decision_of_a_person() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.place().json(OrderUnderTest.Placed.self).id
            try await shop.approve(id, amount: 9_999)
            #expect(try await shop.order(id).paymentStatus == "PENDING")
            let tasks = try await shop.service.send(.get, "/tasks")
            #expect(tasks.text.contains("PAYMENT_MISMATCH-PAY-1") && tasks.text.contains("9999 KRW"), "\(tasks.text)")
            shop.set(Self.notDecided, 200, #"{"orderId":"\#(id)","refundedAmount":9999}"#)
            let resolved = try await shop.service.send(
                .post, "/tasks/PAYMENT_MISMATCH-PAY-1/resolution",
                #"{"action":"giveBack","by":"ann","reason":"not what was ordered"}"#,
                headers: ["Content-Type": "application/json", "Idempotency-Key": "T-1"])
            #expect(resolved.isSuccess, "\(resolved.text)")
            try await shop.until("the order is cancelled") { try await shop.order(id).status == "CANCELLED" }
        }
    }

    @Test func a_refund_that_fails_later_can_be_made_again() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.paid()
            try await shop.ship(id)
            try await shop.refunded(id, 4000, inAll: 4000, version: 3)
            try await shop.refunded(id, 6000, inAll: 10_000, version: 4)
            #expect(try await shop.order(id).states == "REFUNDED REFUNDED SHIPPED")
            #expect(try await shop.refund(id, "", key: "none left").status == 409)
            try await shop.service.hear(
                PaymentRefundFailed(
                    paymentId: "PAY-1", orderId: id, amount: 6000, refundedAmount: 4000, currency: .southKoreanWon,
                    failedAt: shop.service.loop.now), about: id, version: 5)
            #expect(try await shop.order(id).states == "SHIPPED PARTIALLY_REFUNDED SHIPPED")
            #expect(try shop.service.published(OrderRefundFailed.self).map(\.refundedAmount) == [4000])
            shop.set(
                "POST /api/payments/PAY-1/refunds", 200,
                OrderUnderTest.receipt("REFUNDED", refunded: 10_000, attempt: "SUCCEEDED"))
            #expect(try await shop.refund(id, "", key: "again").status == 201)
        }
    }

    @Test func a_dispute_that_is_won_leaves_the_order_as_it_was() async throws {
        try await OrderUnderTest.run("paymentDeadline: 10s") { shop in
            let id = try await shop.paid()
            for (version, stage) in [PaymentDisputed.Stage.opened, .fundsWithdrawn].enumerated() {
                try await shop.dispute(id, stage, version: Int64(version) + 3)
                #expect(try await shop.order(id).states == "DISPUTED DISPUTED NONE")
            }
            #expect(try await shop.refund(id, "", key: "disputed").status == 409)
            try await shop.dispute(id, .won, version: 5)
            #expect(try await shop.order(id).states == "PAID PAID NONE")
            try await shop.dispute(id, .lost, version: 6)
            #expect(try await shop.order(id).states == "DISPUTED DISPUTED NONE")
            let told = try shop.service.published(OrderDisputed.self).map(\.stage)
            #expect(told == [.opened, .fundsWithdrawn, .won, .lost])
        }
    }
}

extension OrderUnderTest {
    /// An order whose payment was refused, as its event says.
    func refused() async throws -> String {
        let id = try await place().json(Placed.self).id
        try await service.hear(
            PaymentFailed(paymentId: "PAY-1", orderId: id, reason: "refused"), about: id, version: 2)
        #expect(try await order(id).states == "PAYMENT_FAILED FAILED NONE")
        return id
    }

    /// What payment says of an order's payment now.
    func receipt(of orderId: String, _ status: String, captured: Int64 = 0) {
        set(
            "GET /api/payments/orders/\(orderId)", 200,
            #"{"id":"PAY-1","orderId":"\#(orderId)","status":"\#(status)","version":2,"attemptId":"ATT-1","#
                + #""attemptState":"ACCEPTED","capturedAmount":\#(captured),"refundedAmount":0}"#)
    }

    func dispute(_ id: String, _ stage: PaymentDisputed.Stage, version: Int64) async throws {
        try await service.hear(
            PaymentDisputed(
                paymentId: "PAY-1", orderId: id, stage: stage, amount: 10_000, currency: .southKoreanWon,
                at: service.loop.now), about: id, version: version)
    }
}
