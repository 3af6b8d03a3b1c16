import HTTP

/// A request that is right in the shop of `PreparedShop`: placeholders in braces stand for what was made there.
struct Errand: Sendable, CustomStringConvertible {
    let service: String
    let method: HTTP.Method
    let path: String
    var body = ""
    /// Whether it is sent with an `Idempotency-Key`.
    var isKeyed = false

    var description: String { "\(service): \(method) \(path)\(isKeyed ? " with a key" : "")" }

    private static let items = #"[{"sauceId": 1, "name": "Sambal", "qty": 2, "price": 5000}]"#
    private static let order = """
        {"orderId": "ORD-NEW", "cartId": "CRT-NEW", "checkout": "orchestrated", "branchId": 1, "items": \(items), \
        "currency": "KRW", "buyer": {"customerId": "{customer}", "email": "buyer@example.com", "language": "en"}, \
        "address": {"street": "Jl. Sudirman 1", "city": "Jakarta", "country": "ID"}}
        """
    private static let brief = #"{"branchId": 1, "sauceId": 1, "qty": 2, "price": 5000}"#

    static let all: [Errand] = [
        Errand(service: "order", method: .post, path: "/orders", body: brief),
        Errand(service: "order", method: .post, path: "/orders", body: brief, isKeyed: true),
        Errand(service: "order", method: .post, path: "/orders/{order}/cancel", body: "{}"),
        Errand(
            service: "order", method: .post, path: "/orders/{order}/refunds", body: #"{"amount": 100}"#,
            isKeyed: true),
        Errand(service: "order", method: .put, path: "/api/orders/ORD-NEW", body: order),
        Errand(
            service: "order", method: .post, path: "/api/orders/ORD-NEW/withdrawal",
            body: #"{"order": \#(order), "failure": "OUT_OF_STOCK", "reason": "test"}"#),
        Errand(
            service: "payment", method: .post, path: "/api/payments",
            body: #"{"orderId": "ORD-PAY", "amount": 1000, "currency": "KRW"}"#, isKeyed: true),
        Errand(
            service: "payment", method: .post, path: "/api/payments/{payment}/refunds", body: #"{"amount": 100}"#,
            isKeyed: true),
        Errand(service: "payment", method: .post, path: "/api/payments/{authorised}/captures", isKeyed: true),
        Errand(service: "payment", method: .post, path: "/api/payments/{authorised}/voids", isKeyed: true),
        Errand(
            service: "payment", method: .post, path: "/api/payments/cancellations",
            body: #"{"orderId": "ORD-NEVER"}"#, isKeyed: true),
        Errand(
            service: "product", method: .post, path: "/stocks/adjustments",
            body: #"{"branchId": 1, "sauceId": 1, "change": 5, "reason": "delivery of goods"}"#),
        Errand(
            service: "product", method: .put, path: "/reservations/ORD-NEW",
            body: #"{"branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#),
        Errand(service: "product", method: .post, path: "/reservations/ORD-KEPT/commit"),
        Errand(
            service: "product", method: .post, path: "/reservations/ORD-KEPT/release",
            body: #"{"branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#),
        Errand(service: "product", method: .put, path: "/products/7", body: #"{"name": "Sambal 7", "price": 700}"#),
        Errand(
            service: "customer", method: .post, path: "/customers",
            body: #"{"name": "New", "email": "new@example.com"}"#),
        Errand(
            service: "customer", method: .post, path: "/customers/{customer}/addresses",
            body: #"{"street": "Jl. Thamrin 2", "city": "Jakarta", "country": "ID"}"#),
        Errand(service: "customer", method: .delete, path: "/customers/{customer}"),
        Errand(
            service: "cart", method: .post, path: "/carts",
            body: #"{"customerId": "{customer}", "branchId": 1, "items": [{"sauceId": 1, "qty": 1}]}"#),
        Errand(
            service: "cart", method: .post, path: "/carts/{cart}/items", body: #"{"sauceId": 1, "qty": 1}"#),
        Errand(service: "cart", method: .put, path: "/carts/{cart}/items/1", body: #"{"qty": 3}"#),
        Errand(service: "cart", method: .delete, path: "/carts/{cart}/items/1"),
        Errand(service: "cart", method: .post, path: "/carts/{cart}/checkout", isKeyed: true),
        Errand(service: "delivery", method: .post, path: "/deliveries/{delivery}/ship"),
        Errand(
            service: "delivery", method: .post, path: "/deliveries/{delivery}/cancel",
            body: #"{"reason": "test"}"#),
        Errand(
            service: "delivery", method: .post, path: "/api/deliveries/cancellations",
            body: #"{"orderId": "{order}", "reason": "test"}"#),
    ]
}
