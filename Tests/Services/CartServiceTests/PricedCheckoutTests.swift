import CartService
import Contracts
import CustomerService
import HTTP
import Kernel
import OrderService
import PaymentService
import ProductService
import ProviderSimulator
import ServiceTestSupport
import Testing

/// What a cart costs, and a checkout at the total that its buyer saw; in the whole shop, in both styles.
@Suite struct PricedCheckoutTests {
    @Test func a_cart_shows_what_it_costs_today() async throws {
        try await PricedShop.run(.orchestrated) { shop in
            let cart = try await shop.cart()
            #expect(cart.total == 10_700 && cart.currency == "KRW")
            #expect(cart.prices?.map(\.amount) == [10_000, 700] && cart.prices?.map(\.price) == [5000, 700])
            try await shop.price(1, 6000)
            let changed = try await shop.shown(cart.id)
            #expect(changed.total == 12_700)
            // Sauce 3 is not known at the branch: nothing is said of the whole.
            let more = try await shop.services.send(
                .post, "cart", "/carts/\(cart.id)/items", #"{"sauceId":3,"qty":1}"#)
            #expect(more.status == 200, "\(more.text)")
            let partly = try more.json(PricedShop.Shown.self)
            #expect(partly.total == nil && partly.prices?.map(\.price) == [6000, 700, nil])
        }
    }

    @Test(arguments: CheckoutStyle.allCases)
    func at_the_total_that_was_seen_it_is_ordered(_ style: CheckoutStyle) async throws {
        try await PricedShop.run(style) { shop in
            let cart = try await shop.cart()
            let answer = try await shop.checkOut(cart.id, #"{"total":10700,"currency":"KRW"}"#)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(try shop.services.published(OrderPaid.self).map(\.order.amount) == [10_700])
        }
    }

    @Test(arguments: CheckoutStyle.allCases)
    func at_another_total_nothing_is_ordered_and_the_new_one_is_named(_ style: CheckoutStyle) async throws {
        try await PricedShop.run(style) { shop in
            let cart = try await shop.cart()
            try await shop.price(1, 6000)
            let answer = try await shop.checkOut(cart.id, #"{"total":10700,"currency":"KRW"}"#)
            #expect(answer.status == 409 && answer.problem?.type == ProductAPI.priceChanged, "\(answer.text)")
            #expect(answer.problem?.detail?.contains("12700 KRW") == true, "\(answer.text)")
            #expect(try shop.services.published(OrderPlaced.self).isEmpty)
            let stock = try await shop.services.send(.get, "product", "/stocks/1-1").json(PricedShop.Pieces.self)
            #expect(stock.reserved == 0 && stock.onHand == 100)
            // The cart is open, and goes at its new total.
            let again = try await shop.checkOut(cart.id, #"{"total":12700}"#, key: "K-2")
            #expect(again.status == 201, "\(again.text)")
        }
    }

    @Test(arguments: CheckoutStyle.allCases)
    func in_another_currency_it_is_another_total(_ style: CheckoutStyle) async throws {
        try await PricedShop.run(style) { shop in
            let cart = try await shop.cart()
            let answer = try await shop.checkOut(cart.id, #"{"total":10700,"currency":"IDR"}"#)
            #expect(answer.status == 409 && answer.problem?.type == ProductAPI.priceChanged, "\(answer.text)")
        }
    }

    @Test(arguments: [
        (#"{"total":-1}"#, ["total"]), (#"{"currency":"KRW"}"#, ["total"]), (#"{"total":"much"}"#, ["total"]),
        (#"{"total":1,"currency":"x"}"#, ["currency"]),
    ])
    func a_total_that_is_none_is_named(_ body: String, _ fields: [String]) async throws {
        try await CartUnderTest.run { shop in
            let answer = try await shop.checkOut(try await shop.cart(), body, key: "K-1")
            #expect(answer.status == 400 && answer.fields == fields, "\(answer.text)")
            #expect(!shop.calls.contains { $0.hasPrefix("product PUT") })
        }
    }

    @Test func a_cart_is_shown_without_prices_while_product_is_away() async throws {
        try await CartUnderTest.run { shop in
            let cart = try await shop.cart()
            let shown = try await shop.service.send(.get, "/carts/\(cart)")
            #expect(shown.status == 200)
            #expect(try shown.json(PricedShop.Shown.self).total == nil)
        }
    }
}

/// Sauces 1 and 2 at 5,000 and 700, sauce 3 without stock, and a buyer with an address.
struct PricedShop: Sendable {
    let services: ServicesUnderTest
    let customer: String

    static func run(
        _ style: CheckoutStyle, _ body: @escaping @Sendable (PricedShop) async throws -> Void
    ) async throws {
        try await withServices(
            [
                ProviderSimulatorService.self, ProductService.self, CustomerService.self, PaymentService.self,
                OrderService.self, CartService.self,
            ], "cart:\n  checkout: \(style.rawValue)\n  wait: 60s"
        ) { services in
            for (number, price) in [(1, 5000), (2, 700), (3, 10)] {
                _ = try await services.send(
                    .put, "product", "/products/\(number)", #"{"name":"Sauce \#(number)","price":\#(price)}"#)
                guard number < 3 else { continue }
                _ = try await services.send(
                    .post, "product", "/stocks/adjustments",
                    #"{"branchId":1,"sauceId":\#(number),"change":100,"reason":"delivery of goods"}"#)
            }
            let customer = try await services.send(
                .post, "customer", "/customers", #"{"name":"Buyer","email":"buyer@example.com"}"#
            ).json(CartUnderTest.Named.self).id
            _ = try await services.send(
                .post, "customer", "/customers/\(customer)/addresses",
                #"{"street":"Jalan 1","city":"Jakarta","country":"ID"}"#)
            try await body(PricedShop(services: services, customer: customer))
        }
    }

    struct Shown: Decodable, Sendable {
        struct Line: Decodable, Sendable {
            let price, amount: Int64?
        }
        let id: String
        let prices: [Line]?
        let total: Int64?
        let currency: String?
    }
    struct Pieces: Decodable, Sendable {
        let onHand, reserved: Int64
    }

    /// Two of sauce 1 and one of sauce 2.
    func cart() async throws -> Shown {
        let items = #"[{"sauceId":1,"qty":2},{"sauceId":2,"qty":1}]"#
        let answer = try await services.send(
            .post, "cart", "/carts", #"{"customerId":"\#(customer)","branchId":1,"items":\#(items)}"#)
        return try answer.json(Shown.self)
    }

    func shown(_ cart: String) async throws -> Shown {
        try await services.send(.get, "cart", "/carts/\(cart)").json(Shown.self)
    }

    func price(_ sauce: Int, _ price: Int) async throws {
        let answer = try await services.send(
            .patch, "product", "/products/\(sauce)", #"{"price":\#(price)}"#)
        #expect(answer.status == 200, "\(answer.text)")
    }

    func checkOut(_ cart: String, _ body: String, key: String = "K-1") async throws -> Response {
        try await services.send(.post, "cart", "/carts/\(cart)/checkout", body, key: key, timeout: .seconds(120))
    }
}
