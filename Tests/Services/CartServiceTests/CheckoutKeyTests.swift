import CartService
import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

/// What a checkout's `Idempotency-Key` is answered, at once and much later.
@Suite struct CheckoutKeyTests {
    @Test func a_checkout_that_timed_out_is_begun_anew_by_the_same_request() async throws {
        try await CartUnderTest.run("paymentPatience: 2s\nwait: 30s") { shop in
            shop.payment("PENDING")
            let cart = try await shop.cart()
            let late = try await shop.checkOut(cart, key: "K-1")
            #expect(late.status == 503 && late.problem?.type == CartAPI.timedOut, "\(late.text)")
            #expect(late.headers["Retry-After"] != nil)
            #expect(shop.calls.contains("order POST /api/orders/withdrawal"))
            #expect(shop.calls.contains("product POST /reservations/release"))

            shop.payment("CAPTURED")
            let anew = try await shop.checkOut(cart, key: "K-1")
            #expect(anew.status == 201, "\(anew.text)")
            #expect(anew.headers["Location"] != late.headers["Location"])
            #expect(anew.headers["Idempotent-Replayed"] == nil)
            let again = try await shop.checkOut(cart, key: "K-1")
            #expect(again.status == 201 && again.body == anew.body)
            #expect(again.headers["Idempotent-Replayed"] == "true")
            #expect(shop.calls.filter { $0 == "product POST /reservations/commit" }.count == 1)
        }
    }

    @Test func a_choreographed_one_that_timed_out_is_begun_anew_as_well() async throws {
        try await CartUnderTest.run("checkout: choreographed\npaymentPatience: 2s\nwait: 1s") { shop in
            let cart = try await shop.cart()
            let running = try await shop.checkOut(cart, key: "K-1")
            #expect(running.status == 202, "\(running.text)")
            let first = try running.json(CartUnderTest.Named.self).id
            try await shop.until { try shop.service.published(CheckoutExpired.self).contains { $0.orderId == first } }
            try await shop.cancelled(first)
            let late = try await shop.checkOut(cart, key: "K-1")
            #expect(late.status == 503 && late.problem?.type == CartAPI.timedOut, "\(late.text)")
            let anew = try await shop.checkOut(cart, key: "K-1")
            #expect(anew.status == 202, "\(anew.text)")
            let second = try anew.json(CartUnderTest.Named.self).id
            #expect(second != first)
            try await shop.service.settle()
            #expect(try shop.service.published(CheckoutRequested.self).map(\.orderId) == [first, second])
            try await shop.service.hear(StockSold(orderId: second), about: second, version: 3)
            #expect(try await shop.checkOut(cart, key: "K-1").status == 201)
        }
    }

    /// Without a type, a client would take the answer for that of a checkout under way, and ask for ever.
    @Test func a_cancelled_checkout_is_told_from_one_that_goes_on() async throws {
        try await CartUnderTest.run { shop in
            shop.payment("CANCELLED")
            let cart = try await shop.cart()
            for _ in 1...2 {
                let answer = try await shop.checkOut(cart, key: "K-1")
                #expect(answer.status == 409 && answer.problem?.type == CartAPI.cancelled, "\(answer.text)")
                #expect(answer.headers["Retry-After"] == nil)
            }
        }
    }

    @Test func an_unknown_product_is_told_from_a_key_that_another_request_used() async throws {
        try await CartUnderTest.run { shop in
            shop.set("product PUT /reservations", 422, #"{"detail":"product 1 is not sold at branch 1"}"#)
            let cart = try await shop.cart()
            let answer = try await shop.checkOut(cart, key: "K-1")
            #expect(answer.status == 422 && answer.problem?.type == CartAPI.unknownProduct, "\(answer.text)")
        }
    }

    @Test func what_is_refused_for_good_stays_refused() async throws {
        try await CartUnderTest.run { shop in
            shop.payment("FAILED")
            let cart = try await shop.cart()
            let refused = try await shop.checkOut(cart, key: "K-1")
            #expect(refused.status == 402, "\(refused.text)")
            shop.payment("CAPTURED")
            let again = try await shop.checkOut(cart, key: "K-1")
            #expect(again.status == 402 && again.headers["Idempotent-Replayed"] == "true")
            #expect(try await shop.checkOut(cart, key: "K-2").status == 201)
        }
    }

    @Test func the_answer_is_kept_for_62_days() async throws {
        try await CartUnderTest.run { shop in
            let cart = try await shop.cart()
            let first = try await shop.checkOut(cart, key: "K-1")
            #expect(first.status == 201, "\(first.text)")
            let calls = shop.calls
            for days in [1, 29, 31] {
                try await shop.service.pass(days: days)
                let again = try await shop.checkOut(cart, key: "K-1")
                #expect(again.status == 201 && again.body == first.body, "\(days) days later: \(again.text)")
            }
            #expect(shop.calls == calls)
        }
    }
}
