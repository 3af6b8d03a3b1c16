import CartService
import Contracts
import FoundationEssentials
import HTTP
import Kernel
import ServiceTestSupport
import Testing

/// A checkout stays whose its cart is, and gets at nobody else's record; in the whole shop, in both styles.
@Suite struct CartOwnershipTests {
    private static let anna = Caller(subject: "anna", issuer: "shop")
    private static let eve = Caller(subject: "eve", issuer: "shop")

    @Test(arguments: CheckoutStyle.allCases)
    func an_order_and_its_payment_are_of_the_carts_owner(_ style: CheckoutStyle) async throws {
        try await PricedShop.run(style) { shop in
            let customer = try await Self.customer(of: Self.anna, at: shop)
            let cart = try await Self.cart(of: Self.anna, customer, at: shop)
            let answer = try await Self.send(Self.anna, .post, "cart", "/carts/\(cart)/checkout", at: shop)
            #expect(answer.status == 201, "\(answer.text)")
            let order = try answer.json(CartUnderTest.Named.self).id
            let ways = [
                ("order", "/orders/\(order)"), ("cart", "/checkouts/\(order)"), ("cart", "/carts/\(cart)"),
                ("cart", "/checkouts/\(order)/cart"), ("cart", "/carts/\(cart)/checkouts"),
            ]
            for (service, path) in ways {
                let answers = try await [Self.anna, Self.eve, nil].asyncMap { caller in
                    try await Self.send(caller, .get, service, path, at: shop).status
                }
                #expect(answers == [200, 404, 200], "\(path)")
            }
            let found = "/payments/search/findByOrderId?orderId=\(order)"
            for (caller, total) in [(Self.anna, 1), (Self.eve, 0)] {
                let page = try await Self.send(caller, .get, "payment", found, at: shop)
                #expect(page.text.contains("\"totalElements\":\(total)"), "\(page.text)")
            }
            let placed = try shop.services.published(OrderPlaced.self).map(\.order.owner)
            #expect(placed == [Self.anna.principal])
            let approved = try #require(try shop.services.published(PaymentApproved.self).first)
            #expect(approved.owner == Self.anna.principal && approved.branchId == 1)
        }
    }

    @Test(arguments: CheckoutStyle.allCases)
    func a_cart_that_names_another_s_customer_is_answered_as_one_that_names_none(_ style: CheckoutStyle) async throws {
        try await PricedShop.run(style) { shop in
            let hers = try await Self.customer(of: Self.anna, at: shop)
            var answers: [String] = []
            for customer in [hers, shop.customer, String(hers.dropLast()) + "_"] {
                let cart = try await Self.cart(of: Self.eve, customer, at: shop)
                let answer = try await Self.send(Self.eve, .post, "cart", "/carts/\(cart)/checkout", at: shop)
                #expect(answer.status == 422 && answer.problem?.type == CustomerAPI.noAddress, "\(answer.text)")
                #expect(!answer.text.contains("Jalan") && !answer.text.contains("@"), "\(answer.text)")
                answers.append((answer.problem?.detail ?? "").replacing(customer, with: "ID"))
            }
            #expect(Set(answers).count == 1, "\(answers)")
            #expect(try shop.services.published(OrderPlaced.self).isEmpty)
            try await shop.services.until {
                try await shop.services.send(.get, "product", "/stocks/1-1").json(PricedShop.Pieces.self).reserved == 0
            }
        }
    }

    @Test func another_s_cart_is_neither_changed_nor_checked_out() async throws {
        try await PricedShop.run(.orchestrated) { shop in
            let customer = try await Self.customer(of: Self.anna, at: shop)
            let cart = try await Self.cart(of: Self.anna, customer, at: shop)
            let ways: [(HTTPMethod, String, String)] = [
                (.post, "/items", #"{"sauceId":1,"qty":1}"#), (.post, "/items", "nonsense"),
                (.put, "/items/1", #"{"qty":9}"#), (.put, "/items/x", #"{"qty":-1}"#), (.delete, "/items/1", ""),
                (.post, "/checkout", ""), (.post, "/checkout", #"{"total":-1}"#), (.get, "/checkouts", ""),
            ]
            for (method, path, body) in ways {
                let answers = try await [cart, String(cart.dropLast()) + "_"].asyncMap { id in
                    let answer = try await Self.send(
                        Self.eve, method, "cart", "/carts/\(id)\(path)", body, at: shop)
                    return "\(answer.status) \(answer.text.replacing(id, with: "ID"))"
                }
                #expect(answers[0] == answers[1] && answers[0].hasPrefix("404"), "\(method) \(path): \(answers)")
            }
            let shown = try await Self.send(Self.anna, .get, "cart", "/carts/\(cart)", at: shop)
            #expect(shown.status == 200 && shown.headers["ETag"] == "\"1\"", "\(shown.text)")
        }
    }

    // MARK: Asking

    private static func customer(of caller: Caller, at shop: PricedShop) async throws -> String {
        let body = #"{"name":"\#(caller.subject)","email":"\#(caller.subject)@example.com"}"#
        let id = try await send(caller, .post, "customer", "/customers", body, at: shop)
            .json(CartUnderTest.Named.self).id
        let address = #"{"street":"Jalan 2","city":"Jakarta","country":"ID"}"#
        #expect(
            try await send(caller, .post, "customer", "/customers/\(id)/addresses", address, at: shop).status == 201)
        return id
    }

    private static func cart(of caller: Caller, _ customer: String, at shop: PricedShop) async throws -> String {
        let body = #"{"customerId":"\#(customer)","branchId":1,"items":[{"sauceId":1,"qty":2}]}"#
        let answer = try await send(caller, .post, "cart", "/carts", body, at: shop)
        #expect(answer.status == 201, "\(answer.text)")
        return try answer.json(CartUnderTest.Named.self).id
    }

    private static func send(
        _ caller: Caller?, _ method: HTTPMethod, _ service: String, _ path: String, _ body: String = "",
        at shop: PricedShop
    ) async throws -> Response {
        var headers = Headers()
        caller?.write(to: &headers)
        return try await shop.services.send(
            method, service, path, body, headers: headers, timeout: .seconds(120))
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
