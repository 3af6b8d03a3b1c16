import Foundation
import Testing

extension EndToEnd {
    /// Repetition in every form: the same request, the same callback, an answer that was lost.
    @Suite struct ExactlyOnceTests {
        @Test func the_same_order_posted_twice_with_one_key_is_one_order_and_one_charge() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            let first = try await shop.place(key: "ORDER-KEY-1")
            let second = try await shop.place(key: "ORDER-KEY-1")
            #expect(first.status == 201)
            #expect(first.headers["idempotent-replayed"] == nil)
            #expect(second.status == 201)
            #expect(second.headers["idempotent-replayed"] == "true")
            #expect(second.body == first.body)
            #expect(second.headers["location"] == first.headers["location"])
            #expect(try await shop.orders().count == 1)
            #expect(try await shop.charges().count == 1)
        }

        @Test func a_key_used_for_another_order_is_refused() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            #expect(try await shop.place(key: "ORDER-KEY-2").status == 201)
            let other = try await shop.place(
                #"{"branchId": 2, "sauceId": 1, "qty": 1, "price": 1}"#, key: "ORDER-KEY-2")
            #expect(other.status == 422)
            #expect(try await shop.orders().count == 1)
        }

        @Test func twenty_at_once_with_one_key_are_one_order() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await shop.place(key: "ORDER-KEY-3").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // The first one works; the others are told that it is under way, or get its answer.
            #expect(statuses.contains(201))
            #expect(statuses.allSatisfy { [201, 409].contains($0) }, "\(statuses)")
            #expect(try await shop.orders().count == 1)
            #expect(try await shop.charges().count == 1)
        }

        @Test func a_callback_delivered_five_times_is_one_step_one_event_and_one_mail() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            try await shop.setFaults(#"{"callbackDeliveries": 5, "wrongSignatures": 1}"#)
            let id = try #require(try await shop.place().json["id"].string)
            try await eventually("the order is at its end") { try await shop.isAtItsEnd(id) }
            try await eventually("all five were delivered") {
                try await HTTP.get(shop.url("payment", "/metrics")).text.split(separator: "\n").contains {
                    $0.hasPrefix(#"sambal_payment_callbacks_total{outcome="duplicate"}"#) && $0.hasSuffix(" 4")
                }
            }
            let payment = try await HTTP.get(shop.url("payment", "/payments/search/findByOrderId?orderId=\(id)")).json
            #expect(payment["_embedded"]["payments"][0]["status"].string == "CAPTURED")
            // One step and one event for the five callbacks, here and behind them.
            let handled = try await HTTP.get(shop.url("dashboard", "/metrics")).text
            for type in ["payment.PaymentApproved", "order.OrderPaid", "delivery.DeliveryStarted"] {
                #expect(handled.contains(#"sambal_events_handled_total{type="sambal.\#(type).v1"} 1"#), "\(type)")
            }
            #expect(try await shop.dashboard(id)["messagesSent"].int == 1)
            #expect(try shop.mails(about: id).count == 1)
            #expect(try await shop.charges(of: id) == 1)
            let forged = try await HTTP.get(shop.url("payment", "/metrics")).text
            #expect(forged.contains(#"sambal_payment_callbacks_total{outcome="forged"} 5"#))
        }

        @Test func an_answer_lost_after_the_charge_is_found_out_and_charged_once() async throws {
            let shop = try ShopUnderTest([
                "payment": ["providerTimeout: 300ms", "retryDelay: 200ms", "resolveInterval: 100ms"],
                "psp": ["lostReplyDelay: 2s"],
            ])
            try await shop.up()
            try await shop.setFaults(#"{"lostReplies": 1, "callbacksOff": true}"#)
            let placed = try await shop.place(key: "ORDER-KEY-4")
            #expect(placed.status == 202)
            let id = try #require(placed.json["id"].string)
            #expect(placed.json["status"].string == "PAYMENT_PENDING")
            try await eventually("the order is at its end") { try await shop.isAtItsEnd(id) }
            #expect(try await shop.charges().count == 1)
        }

        @Test func a_payment_needs_its_key() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            let body = #"{"orderId": "ORD-123", "amount": 100, "currency": "KRW"}"#
            let without = try await HTTP.post(shop.url("payment", "/api/payments"), body)
            #expect(without.status == 400)
            #expect(without.json["errors"][0]["field"].string == "Idempotency-Key")
            let headers = ["Idempotency-Key": "PAY-IDEMPOTENCY-ORD-123"]
            let first = try await HTTP.post(shop.url("payment", "/api/payments"), body, headers: headers)
            #expect(first.status == 201)
            let second = try await HTTP.post(shop.url("payment", "/api/payments"), body, headers: headers)
            #expect(second.body == first.body)
            #expect(try await shop.charges(of: "ORD-123") == 1)
        }
    }
}
