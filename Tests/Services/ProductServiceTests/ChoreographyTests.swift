import Contracts
import Kernel
import Messaging
import ServiceTestSupport
import Testing

@testable import ProductService

@Suite struct ChoreographyTests {
    private static let time = Timestamp(milliseconds: 0)

    private static func checkout(_ id: String = "ORD-1", _ qty: Int64 = 4, sauce: Int64 = 1) -> CheckoutRequested {
        CheckoutRequested(
            orderId: id, cartId: "CRT-1", customerId: "CUS-1", branchId: 1,
            items: [CheckoutItem(sauceId: sauce, qty: qty)], requestedAt: time)
    }

    private static func order(_ id: String = "ORD-1", _ style: CheckoutStyle? = .choreographed) -> OrderSummary {
        OrderSummary(
            orderId: id, branchId: 1, items: [], qty: 4, amount: 400, currency: .southKoreanWon, buyer: Buyer(),
            cartId: "CRT-1", checkout: style, placedAt: time)
    }

    private static func paid(_ id: String = "ORD-1", _ style: CheckoutStyle? = .choreographed) -> OrderPaid {
        OrderPaid(order: order(id, style), paymentId: "PAY-1", paidAt: time)
    }

    @Test func a_checkout_gets_its_stock_and_a_paid_order_sells_it() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            try await service.hear(Self.checkout(), about: "ORD-1")
            let item = OrderItem(sauceId: 1, name: "sauce 1", qty: 4, price: 100)
            #expect(
                try service.published(StockReserved.self) == [
                    StockReserved(checkout: Self.checkout(), items: [item], currency: .southKoreanWon)
                ])
            #expect(try await service.pieces() == [10, 4])
            try await service.hear(Self.paid(), about: "ORD-1")
            #expect(try await service.pieces() == [6, 0])
            #expect(try service.published(StockLost.self).isEmpty)
        }
    }

    @Test(arguments: [
        (checkout("ORD-1", 11), true), (checkout("ORD-1", 1, sauce: 9), false), (checkout("ORD-1", 0), false),
    ])
    func a_checkout_that_cannot_be_served_is_rejected(checkout: CheckoutRequested, isOutOfStock: Bool) async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            try await service.hear(checkout, about: "ORD-1")
            let rejected = try service.published(StockRejected.self)
            #expect(rejected.map(\.isOutOfStock) == [isOutOfStock] && rejected.map(\.orderId) == ["ORD-1"])
            #expect(try service.published(StockReserved.self).isEmpty)
            #expect(try await service.pieces() == [10, 0])
        }
    }

    @Test func what_does_not_come_about_gives_its_stock_back() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock(pieces: 12)
            for id in ["ORD-1", "ORD-2", "ORD-3"] { try await service.hear(Self.checkout(id), about: id) }
            #expect(try await service.pieces() == [12, 12])
            try await service.hear(OrderPaymentFailed(order: Self.order("ORD-1"), reason: "no"), about: "ORD-1")
            #expect(try await service.pieces() == [12, 8])
            try await service.hear(Self.paid("ORD-2"), about: "ORD-2")
            #expect(try await service.pieces() == [8, 4])
            try await service.hear(
                OrderCancelled(order: Self.order("ORD-2"), reason: "no", refundedAmount: 400, cancelledAt: Self.time),
                about: "ORD-2")
            #expect(try await service.pieces() == [12, 4])
            try await service.hear(AddressRejected(orderId: "ORD-3", reason: "no"), about: "ORD-3")
            #expect(try await service.pieces() == [12, 0])
            #expect(try service.published(StockLost.self).isEmpty)
        }
    }

    @Test func a_checkout_that_was_given_up_before_it_came_takes_nothing() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            try await service.hear(OrderPaymentFailed(order: Self.order(), reason: "no"), about: "ORD-1")
            try await service.hear(Self.checkout(), about: "ORD-1")
            #expect(try service.published(StockRejected.self).map(\.isOutOfStock) == [false])
            #expect(try await service.pieces() == [10, 0])
        }
    }

    @Test func who_paid_for_what_is_gone_is_told_so() async throws {
        try await withService(ProductService.self, "reservationExpiry: 1m") { service in
            try await service.stock()
            try await service.hear(Self.checkout("ORD-1", 8), about: "ORD-1")
            try await service.loop.sleep(for: .seconds(70))
            try await service.hear(Self.checkout("ORD-2", 8), about: "ORD-2")
            try await service.hear(Self.paid("ORD-1"), about: "ORD-1")
            #expect(try service.published(StockLost.self) == [StockLost(orderId: "ORD-1")])
            #expect(try await service.pieces() == [10, 8])
            let sequences = service.log.events.filter { $0.subject == "ORD-1" && $0.source == "/product" }
                .map(\.sequence)
            #expect(sequences == [1, 3])
        }
    }

    @Test func an_expired_one_is_sold_all_the_same_while_there_is_some() async throws {
        try await withService(ProductService.self, "reservationExpiry: 1m") { service in
            try await service.stock()
            try await service.hear(Self.checkout(), about: "ORD-1")
            try await service.loop.sleep(for: .seconds(70))
            #expect(try await service.pieces() == [10, 0])
            try await service.hear(Self.paid(), about: "ORD-1")
            #expect(try await service.pieces() == [6, 0])
            #expect(try service.published(StockLost.self).isEmpty)
        }
    }

    @Test(arguments: [CheckoutStyle.orchestrated, nil])
    func checkouts_that_somebody_leads_are_left_to_that_one(style: CheckoutStyle?) async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            _ = try await service.reserve("ORD-1", [(1, 4)])
            try await service.hear(Self.paid("ORD-1", style), about: "ORD-1")
            try await service.hear(OrderPaymentFailed(order: Self.order("ORD-1", style), reason: "no"), about: "ORD-1")
            try await service.hear(
                OrderCancelled(
                    order: Self.order("ORD-1", style), reason: "no", refundedAmount: 0, cancelledAt: Self.time),
                about: "ORD-1")
            #expect(try await service.pieces() == [10, 4])
            #expect(try await service.status("ORD-1") == .reserved)
        }
    }
}
