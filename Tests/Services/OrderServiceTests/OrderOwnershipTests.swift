import Contracts
import FoundationEssentials
import HTTP
import Kernel
import Messaging
import ServiceTestSupport
import Testing

@testable import OrderService

/// A caller sees and changes their own orders; another's is answered as one that never was.
@Suite struct OrderOwnershipTests {
    private static let anna = Caller(subject: "anna", issuer: "shop")
    /// Of the same name, at another issuer.
    private static let other = Caller(subject: "anna", issuer: "elsewhere", roles: ["customer"])
    private static let seller = Caller(subject: "sari", issuer: "shop", roles: ["seller", "branch:1", "branch:3"])
    private static let far = Caller(subject: "budi", issuer: "shop", roles: ["seller", "branch:2"])
    private static let operating = Caller(subject: "olga", issuer: "shop", roles: ["operator"])

    @Test func every_way_to_an_order_is_its_owners_its_branchs_and_the_operators_alone() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await Self.placed(by: Self.anna, at: shop)
            try await shop.approve(id)
            for caller in [nil, Self.anna, Self.seller, Self.operating] {
                #expect(try await Self.status(caller, .get, "/orders/\(id)", at: shop) == 200, "\(caller as Any)")
            }
            for caller in [Self.other, Self.far] {
                let ways: [(HTTPMethod, String, String, Headers)] = [
                    (.get, "/orders/ID", "", [:]), (.get, "/orders/ID", "", ["If-None-Match": "*"]),
                    (.head, "/orders/ID", "", [:]), (.post, "/orders/ID/cancel", "", [:]),
                    (.post, "/orders/ID/cancel", #"{"reason":"x"}"#, ["If-Match": "\"99\""]),
                    (.post, "/orders/ID/cancel", #"{"reason":7}"#, [:]),
                    (.post, "/orders/ID/refunds", "", ["Idempotency-Key": "R"]),
                    (.post, "/orders/ID/refunds", "", [:]),
                    (.post, "/orders/ID/refunds", #"{"amount":0}"#, ["Idempotency-Key": "R"]),
                ]
                for (method, path, body, headers) in ways {
                    let answers = try await [id, String(id.dropLast()) + "_"].asyncMap { id in
                        try await Self.send(caller, method, path, id, body, headers, at: shop)
                    }
                    #expect(answers[0] == answers[1], "\(caller.subject): \(method) \(path)")
                    #expect(answers[0].hasPrefix("404"), "\(caller.subject): \(method) \(path): \(answers[0])")
                }
            }
            // The buyer sees the order, and does not decide a refund.
            let own = try await Self.send(
                Self.anna, .post, "/orders/ID/refunds", id, "", ["Idempotency-Key": "R"], at: shop)
            #expect(own.hasPrefix("403"), "\(own)")
            #expect(try await Self.status(nil, .get, "/orders/\(id)", at: shop) == 200)
            #expect(!shop.calls.contains { $0.hasPrefix("delivery") })
        }
    }

    @Test func lists_searches_and_totals_hold_what_is_the_callers() async throws {
        try await OrderUnderTest.run { shop in
            var mine: [String] = []
            for number in 0..<3 {
                mine.append(try await Self.placed(by: Self.anna, branch: 1, at: shop))
                _ = try await Self.placed(by: Self.other, branch: 1 + number % 2, at: shop)
                _ = try await Self.placed(by: nil, branch: 3, at: shop)
            }
            let paths = ["/orders", "/orders/search/findByStatus?status=PLACED", "/orders?sort=amount,desc"]
            for path in paths {
                #expect(try await Self.list(Self.anna, path, at: shop) == mine.sorted(), "\(path)")
                // Branch 1: three of anna's and two of the other's; branch 3: three of nobody's.
                #expect(try await Self.list(Self.seller, path, at: shop).count == 8, "\(path)")
                #expect(try await Self.list(Self.far, path, at: shop).count == 1, "\(path)")
                #expect(try await Self.list(Self.operating, path, at: shop).count == 9, "\(path)")
                #expect(try await Self.list(nil, path, at: shop).count == 9, "\(path)")
            }
            let foreign = "/orders/search/findByBranchId?branchId=3"
            #expect(try await Self.list(Self.anna, foreign, at: shop).isEmpty)
            #expect(try await Self.list(Self.far, foreign, at: shop).isEmpty)
            #expect(try await Self.list(Self.seller, foreign, at: shop).count == 3)
            let seller = Caller(subject: "x", issuer: "shop", roles: ["seller", "branch:0", "branch:01", "branch:+1"])
            #expect(try await Self.list(seller, "/orders", at: shop).isEmpty)
            let page = try await Self.page(Self.anna, "/orders?size=2&page=1", at: shop)
            #expect(page.page.totalElements == 3 && page.page.totalPages == 2 && page.ids.count == 1)
            for field in ["owner", "branch"] {
                #expect(try await Self.status(Self.anna, .get, "/orders?sort=\(field)", at: shop) == 400)
            }
        }
    }

    @Test func what_services_and_operators_do_is_not_for_customers_and_sellers() async throws {
        try await OrderUnderTest.run { shop in
            for caller in [Self.anna, Self.seller] {
                for (method, path) in [
                    (HTTPMethod.put, "/api/orders/ORD-1"), (.post, "/api/orders/ORD-1/withdrawal"),
                    (.get, "/sagas/cancellation"), (.get, "/sagas/refund/X"), (.post, "/sagas/refund/X/retry"),
                    (.get, "/tasks"), (.post, "/tasks/T/resolution"), (.get, "/dead-letters"), (.get, "/metrics"),
                ] {
                    #expect(try await Self.status(caller, method, path, "{}", at: shop) == 403, "\(path)")
                }
                for path in ["/", "/openapi.json", "/livez", "/profile", "/profile/orders"] {
                    #expect(try await Self.status(caller, .get, path, at: shop) == 200, "\(path)")
                }
            }
            let tasks = try await Self.status(Self.operating, .get, "/tasks", at: shop)
            #expect(tasks == 200)
        }
    }

    @Test func the_owner_goes_into_events_and_to_payment_and_cannot_be_chosen() async throws {
        try await OrderUnderTest.run { shop in
            let body = #"{"branchId":4,"sauceId":1,"qty":1,"price":5,"owner":{"issuer":"shop","subject":"eve"}}"#
            let id = try await Self.placed(by: Self.anna, body, at: shop)
            let unowned = try await Self.placed(by: Self.operating, body, at: shop)
            try await shop.service.settle()
            let events = try shop.service.published(OrderPlaced.self).map(\.order)
            #expect(events.first { $0.orderId == id }?.owner == Self.anna.principal)
            #expect(events.first { $0.orderId == unowned }?.owner == nil)
            #expect(shop.calls == ["payment POST /api/payments", "payment POST /api/payments"])
        }
    }

    // MARK: Asking

    private static func placed(by caller: Caller?, branch: Int = 1, at shop: OrderUnderTest) async throws -> String {
        try await placed(by: caller, #"{"branchId":\#(branch),"sauceId":1,"qty":10,"price":1000}"#, at: shop)
    }

    private static func placed(by caller: Caller?, _ body: String, at shop: OrderUnderTest) async throws -> String {
        let answer = try await Caller.acting(for: caller) { try await shop.place(body) }
        #expect(answer.status == 201, "\(answer.text)")
        return try answer.json(OrderUnderTest.Placed.self).id
    }

    private static func status(
        _ caller: Caller?, _ method: HTTPMethod, _ path: String, _ body: String = "", at shop: OrderUnderTest
    ) async throws -> Int {
        try await Caller.acting(for: caller) {
            try await shop.service.send(method, path, body, headers: ["Content-Type": "application/json"]).status
        }
    }

    /// The whole answer, with the id replaced.
    private static func send(
        _ caller: Caller?, _ method: HTTPMethod, _ path: String, _ id: String, _ body: String, _ headers: Headers,
        at shop: OrderUnderTest
    ) async throws -> String {
        var headers = headers
        headers.add("Content-Type", "application/json")
        let answer = try await Caller.acting(for: caller) { [headers] in
            try await shop.service.send(method, path.replacing("ID", with: id), body, headers: headers)
        }
        let fields = answer.headers.fields.map { "\($0.name): \($0.value)" }.sorted().joined(separator: "; ")
        return "\(answer.status) \(fields) \(answer.text.replacing(id, with: "ID"))"
    }

    private static func list(_ caller: Caller?, _ path: String, at shop: OrderUnderTest) async throws -> [String] {
        let page = try await page(caller, path, at: shop)
        #expect(page.page.totalElements == page.ids.count, "\(path)")
        return page.ids.sorted()
    }

    private static func page(_ caller: Caller?, _ path: String, at shop: OrderUnderTest) async throws -> OrderPage {
        try await Caller.acting(for: caller) { try await shop.service.send(.get, path) }.json(OrderPage.self)
    }

    private struct OrderPage: Decodable {
        struct Embedded: Decodable { let orders: [OrderUnderTest.Placed] }
        struct Numbers: Decodable { let totalElements, totalPages: Int }
        let _embedded: Embedded
        let page: Numbers
        var ids: [String] { _embedded.orders.map(\.id) }
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
