import Contracts
import DeliveryService
import HTTP
import Kernel
import Messaging
import ServiceTestSupport
import Testing

@Suite struct DeliveryServiceTests {
    @Test func a_paid_order_is_shipped_and_delivered_and_the_others_are_told() async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            let shipped = try await shop.step("ship", id, #"{"trackingCode": "JNE-1"}"#)
            #expect(try shipped.json(Delivery.self).status == .shipped)
            let delivered = try await shop.step("deliver", id)
            #expect(try delivered.json(Delivery.self).status == .delivered)
            try await shop.until { try shop.published(DeliveryDelivered.self).map(\.deliveryId) == [id] }
            #expect(try shop.published(DeliveryShipped.self).map(\.trackingCode) == ["JNE-1"])
            let sequences = shop.log.events.filter { $0.source == "/delivery" }.map(\.sequence)
            #expect(sequences == [1, 2, 3])
        }
    }

    @Test func a_repetition_answers_the_same_and_tells_nobody_again() async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            let first = try await shop.step("ship", id, #"{"trackingCode": "JNE-1"}"#)
            let second = try await shop.step("ship", id, #"{"trackingCode": "JNE-1"}"#)
            let third = try await shop.step("ship", id)
            #expect([first.status, second.status, third.status] == [200, 200, 200])
            #expect(first.body == second.body && first.body == third.body)
            _ = try await shop.step("deliver", id)
            try await shop.until { try shop.published(DeliveryDelivered.self).count == 1 }
            #expect(try shop.published(DeliveryShipped.self).count == 1)
        }
    }

    @Test func the_answer_to_a_key_is_kept() async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            let first = try await shop.step("ship", id, key: "K-1")
            _ = try await shop.step("deliver", id)
            let again = try await shop.step("ship", id, key: "K-1")
            #expect(again.headers["Idempotent-Replayed"] == "true" && again.body == first.body)
            let other = try await shop.step("deliver", id, key: "K-1")
            #expect(other.status == 422)
        }
    }

    @Test func the_answer_to_a_key_is_kept_as_long_as_the_delivery() async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            let first = try await shop.step("ship", id, key: "K-1")
            _ = try await shop.step("deliver", id)
            try await shop.loop.sleep(for: .seconds(26 * 3600))
            let again = try await shop.step("ship", id, key: "K-1")
            #expect(again.headers["Idempotent-Replayed"] == "true" && again.body == first.body, "\(again.text)")
        }
    }

    /// Carriers' codes have up to 40 digits, and clients send them as numbers.
    @Test(arguments: ["9400111899223045678901", "1.10", "1e22", "00340434161094042557"])
    func a_tracking_code_is_stored_and_told_as_it_was_written_or_refused(_ literal: String) async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            let answer = try await shop.step("ship", id, #"{"trackingCode": \#(literal)}"#)
            guard !literal.hasPrefix("0") else {
                // No number in JSON.
                #expect(answer.status == 400, "\(answer.text)")
                return
            }
            #expect(try answer.json(Delivery.self).trackingCode == literal, "\(answer.text)")
            try await shop.until { try shop.published(DeliveryShipped.self).map(\.trackingCode) == [literal] }
        }
    }

    @Test func what_is_no_text_is_refused_by_its_field() async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            for value in ["[1]", #"{"a": 1}"#] {
                let answer = try await shop.step("ship", id, #"{"trackingCode": \#(value)}"#)
                #expect(answer.status == 400 && answer.fields == ["trackingCode"], "\(answer.text)")
            }
            let reason = try await shop.step("cancel", id, #"{"reason": [9400111899223045678901]}"#)
            #expect(reason.status == 400 && reason.fields == ["reason"], "\(reason.text)")
        }
    }

    @Test func what_is_not_possible_names_what_is() async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            let early = try await shop.step("deliver", id)
            #expect(early.status == 409 && early.problem?.detail?.hasSuffix("allowed: ship, cancel") == true)
            _ = try await shop.step("ship", id)
            let late = try await shop.step("cancel", id, #"{"reason": "changed my mind"}"#)
            #expect(late.status == 409 && late.problem?.type == DeliveryAPI.alreadyShipped)
            let byOrder = try await shop.cancel()
            #expect(byOrder.status == 409 && byOrder.problem?.type == DeliveryAPI.alreadyShipped)
            let absent = try await shop.step("ship", "DEL-0")
            #expect(absent.status == 404)
        }
    }

    @Test func a_delivery_of_a_cancelled_order_is_never_started() async throws {
        try await withDelivery { shop in
            let answer = try await shop.cancel()
            #expect(try answer.json(Delivery.self).status == .cancelled)
            #expect(try await shop.cancel().body == answer.body)
            try await shop.approve("ORD-1")
            _ = try await shop.started("ORD-2")
            #expect(try shop.published(DeliveryStarted.self).map(\.orderId) == ["ORD-2"])
            #expect(try await shop.delivery("ORD-1")?.status == .cancelled)
            #expect(try shop.published(DeliveryCancelled.self).isEmpty)
        }
    }

    @Test func one_that_was_started_is_given_up_once() async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            let (first, second) = (try await shop.cancel(), try await shop.cancel())
            #expect(first.status == 200 && second.status == 200)
            try await shop.publish(shop.cancelled("ORD-1"), about: "ORD-1")
            _ = try await shop.started("ORD-2")
            try await shop.until { try shop.published(DeliveryCancelled.self).map(\.deliveryId) == [id] }
        }
    }

    @Test func the_event_of_a_cancelled_order_does_the_same_whichever_comes_first() async throws {
        try await withDelivery { shop in
            _ = try await shop.started("ORD-1")
            try await shop.publish(shop.cancelled("ORD-1"), about: "ORD-1")
            try await shop.publish(shop.cancelled("ORD-2"), about: "ORD-2")
            try await shop.approve("ORD-2")
            try await shop.until { try shop.published(DeliveryCancelled.self).map(\.orderId) == ["ORD-1"] }
            try await shop.until { try await shop.delivery("ORD-2")?.status == .cancelled }
            #expect(try shop.published(DeliveryStarted.self).map(\.orderId) == ["ORD-1"])
        }
    }

    @Test func every_field_that_is_wrong_is_named() async throws {
        try await withDelivery { shop in
            let id = try await shop.started()
            let both = try await shop.send(
                .post, "delivery", DeliveryAPI.cancellations, #"{"orderId": "", "reason": ""}"#)
            #expect(both.status == 400 && both.problem?.errors.map(\.field) == ["orderId", "reason"])
            let code = try await shop.step("ship", id, #"{"trackingCode": ""}"#)
            #expect(code.status == 400 && code.problem?.errors.first?.field == "trackingCode")
            for lineBreak in [#"\n"#, #"\r\n"#, #"\u0085"#, #"\u2028"#, #"\u0000"#] {
                let code = try await shop.step("ship", id, #"{"trackingCode": "JNE\#(lineBreak)Amount: 0"}"#)
                #expect(code.status == 400 && code.fields == ["trackingCode"], "\(code.text)")
                let reason = try await shop.step("cancel", id, #"{"reason": "x\#(lineBreak)y"}"#)
                #expect(reason.status == 400 && reason.fields == ["reason"], "\(reason.text)")
            }
        }
    }
}

private func withDelivery(_ body: @escaping @Sendable (ServicesUnderTest) async throws -> Void) async throws {
    try await withServices([DeliveryService.self], "", body)
}

extension ServicesUnderTest {
    fileprivate func approve(_ order: String) async throws {
        let approval = PaymentApproved(
            paymentId: "PAY-1", orderId: order, amount: 1000, currency: .southKoreanWon, approvedAt: loop.now)
        try await publish(approval, about: order)
    }

    /// The id of the order's delivery once it is there.
    fileprivate func started(_ order: String = "ORD-1") async throws -> String {
        try await approve(order)
        try await until { try published(DeliveryStarted.self).contains { $0.orderId == order } }
        return try #require(try await delivery(order)?.id)
    }

    fileprivate func step(
        _ name: String, _ id: String, _ body: String = "", key: String? = nil
    ) async throws -> Response {
        try await send(.post, "delivery", "/deliveries/\(id)/\(name)", body, key: key)
    }

    fileprivate func cancel(_ order: String = "ORD-1") async throws -> Response {
        let body = #"{"orderId": "\#(order)", "reason": "changed my mind"}"#
        return try await send(.post, "delivery", DeliveryAPI.cancellations, body)
    }

    fileprivate func cancelled(_ order: String) -> OrderCancelled {
        let summary = OrderSummary(
            orderId: order, branchId: 1, items: [OrderItem(sauceId: 1, qty: 1, price: 1000)], qty: 1, amount: 1000,
            currency: .southKoreanWon, buyer: Buyer(), placedAt: loop.now)
        return OrderCancelled(order: summary, reason: "changed my mind", refundedAmount: 1000, cancelledAt: loop.now)
    }

    fileprivate func delivery(_ order: String) async throws -> Delivery? {
        struct Page: Decodable {
            struct Embedded: Decodable {
                let deliveries: [Delivery]
            }
            let _embedded: Embedded?
        }
        let answer = try await send(.get, "delivery", "/deliveries/search/findByOrderId?orderId=\(order)")
        return try answer.json(Page.self)._embedded?.deliveries.first
    }
}
