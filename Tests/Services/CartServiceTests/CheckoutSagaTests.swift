import Contracts
import FoundationEssentials
import HTTP
import Kernel
import Saga
import SagaTestSupport
import ServiceTestSupport
import Storage
import Testing

@testable import CartService

@Suite struct CheckoutSagaTests {
    /// A later try has no caller: keys that depend on one would name other work.
    @Test func participants_are_asked_for_the_service_itself() async throws {
        try await CartUnderTest.run { shop in
            var headers: Headers = ["Content-Type": "application/json", "Idempotency-Key": "K-1"]
            Caller(subject: "anna", issuer: "till", roles: ["customer"]).write(to: &headers)
            let made = try await shop.service.send(
                .post, "/carts", #"{"customerId":"CUS-1","branchId":1,"items":[{"sauceId":1,"qty":2}]}"#,
                headers: headers)
            let cart = try made.json(CartUnderTest.Named.self).id
            let answer = try await shop.service.send(.post, "/carts/\(cart)/checkout", headers: headers)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(shop.calls.contains("order PUT /api/orders") && shop.calls.contains("payment POST /api/payments"))
            #expect(shop.callsForCallers.allSatisfy { $0.hasPrefix("product GET") }, "\(shop.callsForCallers)")
        }
    }

    @Test func stock_address_order_payment_and_sale_in_this_order() throws {
        var checkout = script()
        try reserveAndFind(&checkout)
        #expect(checkout.asks == "PUT /api/orders/ORD-1")
        checkout.answer(201)
        #expect(checkout.asks == "POST /api/payments")
        #expect(checkout.call?.key == "PAY-IDEMPOTENCY-ORD-1")
        try checkout.answer(201, receipt(.pending))
        #expect(checkout.status == .waiting)
        checkout.signal { $0.payment = .captured }
        #expect(checkout.asks == "POST /reservations/ORD-1/commit")
        checkout.answer(200)
        #expect(checkout.status == .completed)
    }

    @Test func out_of_stock_takes_nothing_back() {
        var checkout = script()
        checkout.answer(409, #"{"type":"/problems/out-of-stock","detail":"2 left"}"#)
        #expect(checkout.status == .compensated)
        #expect(checkout.state.end == .outOfStock)
        #expect(checkout.calls.count == 1)
    }

    @Test func without_an_address_the_stock_goes_back() throws {
        var checkout = script()
        try checkout.answer(201, reservation)
        checkout.answer(422, #"{"type":"/problems/no-address"}"#)
        #expect(checkout.asks == "POST /reservations/ORD-1/release")
        checkout.answer(200)
        #expect(checkout.status == .compensated)
        #expect(checkout.state.end == .noAddress)
    }

    @Test func a_declined_payment_withdraws_the_order_and_releases_the_stock() throws {
        var checkout = try ordered()
        try checkout.answer(201, receipt(.failed))
        #expect(checkout.asks == "POST /api/orders/ORD-1/withdrawal")
        let body = try JSON.decode(WithdrawOrder.self, from: checkout.call?.body ?? .init())
        #expect(body.failure == .paymentDeclined)
        #expect(body.reason == "no funds")
        checkout.answer(200)
        checkout.answer(200)
        #expect(checkout.calls.last == "POST /reservations/ORD-1/release")
        #expect(checkout.status == .compensated)
        #expect(checkout.state.end == .paymentDeclined)
    }

    @Test func a_payment_of_which_nothing_is_known_is_asked_about_once_more_then_its_order_goes() throws {
        var checkout = try overdue(202, .unknown)
        #expect(checkout.asks == "GET /api/payments/orders/ORD-1")
        try checkout.answer(202, receipt(.unknown))
        #expect(checkout.asks == "POST /api/orders/ORD-1/withdrawal")
        checkout.answer(409, #"{"type":"/problems/order-withdrawing"}"#)
        #expect(checkout.asks == "POST /api/orders/ORD-1/withdrawal")
        checkout.answer(200)
        checkout.answer(200)
        #expect(checkout.state.end == .timedOut)
    }

    @Test func stock_that_was_sold_to_others_gives_the_money_back() throws {
        var checkout = try ordered()
        try checkout.answer(201, receipt(.captured))
        checkout.answer(409, #"{"type":"/problems/out-of-stock"}"#)
        for expected in ["/api/orders/ORD-1/withdrawal", "/reservations/ORD-1/release"] {
            #expect(checkout.asks == "POST " + expected)
            checkout.answer(200)
        }
        #expect(checkout.status == .compensated)
        #expect(checkout.state.end == .outOfStock)
    }

    @Test func a_payment_that_came_while_cart_was_away_is_found_at_the_last_look() throws {
        var checkout = try overdue(201, .pending)
        #expect(checkout.asks == "GET /api/payments/orders/ORD-1")
        try checkout.answer(201, receipt(.captured))
        #expect(checkout.asks == "POST /reservations/ORD-1/commit")
    }

    @Test func a_checkout_is_not_given_up_without_a_look_at_its_payment() throws {
        // The first answer may be kept by its key for ever: it says nothing about now.
        for (body, goesOn) in [(try receipt(.captured), true), (try receipt(.pending), false)] {
            var checkout = try ordered()
            for _ in 0..<3 {
                checkout.answer(503)
                checkout.pass(.seconds(20))
            }
            #expect(checkout.asks == "GET /api/payments/orders/ORD-1")
            checkout.answer(200, body)
            #expect(checkout.asks == (goesOn ? "POST /reservations/ORD-1/commit" : "POST /api/orders/ORD-1/withdrawal"))
        }
    }

    @Test func a_last_look_that_is_not_answered_is_tried_again() throws {
        var checkout = try overdue(201, .pending)
        checkout.answer(503)
        checkout.pass(.seconds(5))
        #expect(checkout.asks == "GET /api/payments/orders/ORD-1")
        try checkout.answer(200, receipt(.captured))
        #expect(checkout.asks == "POST /reservations/ORD-1/commit")
    }

    @Test func a_payment_that_was_never_begun_is_taken_back() throws {
        var checkout = try overdue(202, .unknown)
        checkout.answer(404)
        #expect(checkout.asks == "POST /api/orders/ORD-1/withdrawal")
        #expect(checkout.state.end == .timedOut)
    }

    @Test func a_total_that_the_buyer_did_not_see_orders_nothing() {
        var checkout = script()
        checkout.answer(409, #"{"type":"/problems/price-changed","detail":"the total is 12000 KRW now"}"#)
        #expect(checkout.status == .compensated)
        #expect(checkout.state.end == .priceChanged)
    }

    @Test func a_confirmation_counts_though_payment_does_not_answer() throws {
        var checkout = try ordered()
        checkout.answer(503)
        checkout.signal { $0.payment = .captured }
        checkout.pass(.seconds(60))
        checkout.answer(503)
        #expect(checkout.asks == "POST /reservations/ORD-1/commit")
    }

    @Test func a_payment_that_was_cancelled_ends_the_checkout_as_cancelled() throws {
        var checkout = try ordered()
        checkout.answer(409, #"{"type":"/problems/payment-cancelled"}"#)
        #expect(checkout.asks == "POST /api/orders/ORD-1/withdrawal")
        #expect(checkout.state.end == .cancelled)
    }

    @Test func nobody_can_pass_over_the_payment() throws {
        var checkout = try ordered()
        let isResumed = checkout.resume()
        #expect(!isResumed)
        #expect(checkout.asks == "POST /api/payments")
    }

    @Test func an_order_that_was_shipped_cannot_be_withdrawn_and_is_put_before_a_person() throws {
        var checkout = try ordered()
        try checkout.answer(201, receipt(.captured))
        checkout.answer(409, #"{"type":"/problems/out-of-stock"}"#)
        checkout.answer(422, #"{"type":"/problems/order-shipped"}"#)
        #expect(checkout.status == .parked)
    }

    @Test func the_confirmation_may_come_before_the_answer() throws {
        var checkout = try ordered()
        checkout.signal { $0.payment = .captured }
        try checkout.answer(201, receipt(.pending))
        #expect(checkout.asks == "POST /reservations/ORD-1/commit")
    }

    private func script() -> SagaScript<CheckoutState> {
        var cart = Cart(id: "CRT-1", customerId: "CUS-1", branchId: 1, items: [CheckoutItem(sauceId: 1, qty: 2)])
        cart.checkOut(orderId: "ORD-1")
        let checkout = Checkout(
            orderId: "ORD-1", cart: cart, style: .orchestrated, at: Timestamp(milliseconds: 1_767_225_600_000))
        return SagaScript(
            CheckoutSaga.definition(retry: .default, paymentPatience: .seconds(900)), CheckoutState(checkout))
    }

    /// Stock, address and order are there; payment is asked next.
    private func ordered() throws -> SagaScript<CheckoutState> {
        var checkout = script()
        try reserveAndFind(&checkout)
        checkout.answer(201)
        return checkout
    }

    /// Payment has answered so, and nothing more was heard of it in time.
    private func overdue(_ status: Int, _ payment: PaymentReceipt.Status) throws -> SagaScript<CheckoutState> {
        var checkout = try ordered()
        try checkout.answer(status, receipt(payment))
        checkout.pass(.seconds(900))
        checkout.timeOut()
        return checkout
    }

    private func reserveAndFind(_ checkout: inout SagaScript<CheckoutState>) throws {
        #expect(checkout.asks == "PUT /reservations/ORD-1")
        try checkout.answer(201, reservation)
        #expect(checkout.asks == "GET /customers/CUS-1/delivery-details")
        let details = DeliveryDetails(
            buyer: Buyer(email: "b@example.com"), address: Address(street: "Jalan 1", city: "Jakarta", country: "ID"))
        try checkout.answer(200, text(details))
    }

    private var reservation: String {
        get throws {
            try text(
                StockReservation(
                    orderId: "ORD-1", branchId: 1, status: .reserved,
                    items: [OrderItem(sauceId: 1, name: "Sambal", qty: 2, price: 5000)], currency: .southKoreanWon))
        }
    }

    private func receipt(_ status: PaymentReceipt.Status) throws -> String {
        try text(
            PaymentReceipt(
                id: "PAY-1", orderId: "ORD-1", status: status, version: 1, reason: "no funds", attemptId: "ATT-1",
                attemptState: "ACCEPTED", capturedAmount: 0, refundedAmount: 0))
    }

    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSON.encode(value), as: UTF8.self)
    }
}
