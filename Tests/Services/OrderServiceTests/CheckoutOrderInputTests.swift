import HTTP
import OrderService
import ServiceTestSupport
import Testing

/// What `PUT /api/orders/{id}` takes, and what it refuses by name.
@Suite struct CheckoutOrderInputTests {
    private static func body(_ id: String, _ changes: [String: String] = [:]) -> String {
        var members = [
            "orderId": "\"\(id)\"", "cartId": "\"CRT-1\"", "checkout": "\"choreographed\"", "branchId": "1",
            "items": #"[{"sauceId":1,"name":"Terasi","qty":2,"price":5000}]"#, "currency": "\"IDR\"",
            "buyer": #"{"customerId":"CUS-1","name":"Buyer","email":"buyer@example.com"}"#,
            "address": #"{"street":"Jalan Sabang 1","city":"Jakarta","country":"ID"}"#,
        ]
        for (name, value) in changes { members[name] = value }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private static let long = String(repeating: "x", count: 400)

    @Test(arguments: [
        ("a%09b", "id"), ("a%1B%5B2J", "id"), ("a%20b", "id"), ("%C3%A9", "id"), ("a%2Fb", "id"),
        (String(repeating: "a", count: 65), "id"),
    ])
    func ids_that_are_no_ids_are_refused(path: String, field: String) async throws {
        try await withServices([OrderService.self], "order:\n  payment: off\n") { services in
            let answer = try await services.send(.put, "order", "/api/orders/\(path)", Self.body("ORD-1"))
            #expect([400, 404].contains(answer.status), "\(answer.status)")
            if answer.status == 400 { #expect(Problem(answer)?.errors.map(\.field) == [field]) }
            let withdrawal = try await services.send(
                .post, "order", "/api/orders/\(path)/withdrawal",
                #"{"order":\#(Self.body("ORD-1")),"failure":"OUT_OF_STOCK","reason":"late"}"#)
            #expect([400, 404].contains(withdrawal.status), "\(withdrawal.status)")
        }
    }

    @Test(arguments: [
        ("cartId", "\"a b\"", "cartId"),
        ("items", #"[{"sauceId":1,"name":"\#(long)","qty":2,"price":5000}]"#, "items[0].name"),
        ("items", #"[{"sauceId":1,"name":"a\u001bb","qty":2,"price":5000}]"#, "items[0].name"),
        ("buyer", #"{"customerId":"a\u0000b"}"#, "buyer.customerId"), ("buyer", #"{"name":"\#(long)"}"#, "buyer.name"),
        ("buyer", #"{"email":"nobody"}"#, "buyer.email"),
        ("address", #"{"street":"\#(long)","city":"Jakarta","country":"ID"}"#, "address.street"),
        ("address", #"{"street":"a","city":"Jakarta","country":"Indonesia"}"#, "address.country"),
    ])
    func texts_that_are_out_of_bounds_are_named(member: String, value: String, field: String) async throws {
        try await withServices([OrderService.self], "order:\n  payment: off\n") { services in
            let answer = try await services.send(
                .put, "order", "/api/orders/ORD-1", Self.body("ORD-1", [member: value]))
            #expect(answer.status == 400)
            #expect(Problem(answer)?.errors.map(\.field) == [field])
        }
    }

    @Test func an_order_in_bounds_is_created_once() async throws {
        try await withServices([OrderService.self], "order:\n  payment: off\n") { services in
            let first = try await services.send(.put, "order", "/api/orders/a-Z_0.~", Self.body("a-Z_0.~"))
            let second = try await services.send(.put, "order", "/api/orders/a-Z_0.~", Self.body("a-Z_0.~"))
            #expect([first.status, second.status] == [201, 200])
        }
    }
}
