import HTTP

/// The requests of all services, one or more for each route that changes something.
extension Errand {
    private static let items = #"[{"sauceId": 1, "name": "Sambal", "qty": 2, "price": 5000}]"#
    private static let order = """
        {"orderId": "ORD-NEW", "cartId": "CRT-NEW", "checkout": "orchestrated", "branchId": 1, "items": \(items), \
        "currency": "KRW", "buyer": {"customerId": "{customer}", "email": "buyer@example.com", "language": "en"}, \
        "address": {"street": "Jl. Sudirman 1", "city": "Jakarta", "country": "ID"}}
        """
    private static let brief = #"{"branchId": 1, "sauceId": 1, "qty": 2, "price": 5000}"#
    private static let decision = #""by": "ann", "reason": "test""#

    static let orders: [Errand] = [
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
    ]

    static let payments: [Errand] = [
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
            service: "payment", method: .post, path: "/api/payments/callbacks/simulator",
            body: #"{"type": "charge.succeeded", "charge": {charge}}"#, preparation: .untoldCharge),
        Errand(
            service: "payment", method: .post, path: "/api/ledger/adjustments",
            body: #"{"paymentId": "{payment}", "amount": 10, "currency": "KRW", \#(decision)}"#, isKeyed: true),
        Errand(service: "payment", method: .post, path: "/api/reconciliations"),
        Errand(
            service: "payment", method: .post, path: "/api/differences/{difference}/explanation",
            body: "{\(decision)}", preparation: .difference),
    ]

    static let goods: [Errand] = [
        Errand(
            service: "product", method: .post, path: "/products",
            body: #"{"sauceId": 8, "name": "Sambal 8", "price": 700}"#),
        Errand(service: "product", method: .put, path: "/products/7", body: #"{"name": "Sambal 7", "price": 700}"#),
        Errand(service: "product", method: .patch, path: "/products/1", body: #"{"price": 6000}"#),
        Errand(service: "product", method: .delete, path: "/products/2"),
        Errand(
            service: "product", method: .post, path: "/stocks/adjustments",
            body: #"{"branchId": 1, "sauceId": 1, "change": 5, "reason": "delivery of goods"}"#),
        Errand(
            service: "product", method: .post, path: "/stocks/adjustments",
            body: #"{"branchId": 1, "sauceId": 1, "change": 5, "reason": "delivery of goods"}"#, isKeyed: true),
        Errand(
            service: "product", method: .put, path: "/reservations/ORD-NEW",
            body: #"{"branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#),
        Errand(service: "product", method: .post, path: "/reservations/ORD-KEPT/commit"),
        Errand(
            service: "product", method: .post, path: "/reservations/ORD-KEPT/release",
            body: #"{"branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#),
    ]

    static let customers: [Errand] = [
        Errand(
            service: "customer", method: .post, path: "/customers",
            body: #"{"name": "New", "email": "new@example.com"}"#),
        Errand(
            service: "customer", method: .put, path: "/customers/{customer}",
            body: #"{"name": "Other", "email": "other@example.com"}"#),
        Errand(service: "customer", method: .patch, path: "/customers/{customer}", body: #"{"name": "Other"}"#),
        Errand(service: "customer", method: .delete, path: "/customers/{customer}"),
        Errand(
            service: "customer", method: .post, path: "/customers/{customer}/addresses",
            body: #"{"street": "Jl. Thamrin 2", "city": "Jakarta", "country": "ID"}"#),
        Errand(service: "customer", method: .put, path: "/customers/{customer}/addresses/{second}/default"),
        Errand(service: "customer", method: .delete, path: "/customers/{customer}/addresses/{address}"),
    ]

    static let carts: [Errand] = [
        Errand(
            service: "cart", method: .post, path: "/carts",
            body: #"{"customerId": "{customer}", "branchId": 1, "items": [{"sauceId": 1, "qty": 1}]}"#),
        Errand(
            service: "cart", method: .post, path: "/carts/{cart}/items", body: #"{"sauceId": 1, "qty": 1}"#),
        Errand(service: "cart", method: .put, path: "/carts/{cart}/items/1", body: #"{"qty": 3}"#),
        Errand(service: "cart", method: .delete, path: "/carts/{cart}/items/1"),
        Errand(service: "cart", method: .post, path: "/carts/{cart}/checkout", isKeyed: true),
    ]

    static let deliveries: [Errand] = [
        Errand(service: "delivery", method: .post, path: "/deliveries/{delivery}/ship"),
        Errand(service: "delivery", method: .post, path: "/deliveries/{delivery}/ship", isKeyed: true),
        Errand(
            service: "delivery", method: .post, path: "/deliveries/{delivery}/deliver", isKeyed: true,
            preparation: .shipped),
        Errand(
            service: "delivery", method: .post, path: "/deliveries/{delivery}/cancel",
            body: #"{"reason": "test"}"#),
        Errand(
            service: "delivery", method: .post, path: "/api/deliveries/cancellations",
            body: #"{"orderId": "{order}", "reason": "test"}"#),
    ]

    /// What operators ask for. The routes of dead letters are the same ones at every service that hears events.
    static let operators: [Errand] = [
        Errand(
            service: "order", method: .post, path: "/tasks/{task}/resolution",
            body: #"{"action": "dismiss", \#(decision)}"#, isKeyed: true, preparation: .orderTask),
        Errand(
            service: "payment", method: .post, path: "/tasks/{task}/resolution",
            body: #"{"action": "close", \#(decision)}"#, isKeyed: true, preparation: .paymentTask),
        saga("order", "cancellation", .cancellation, "retry"), saga("order", "cancellation", .cancellation, "resume"),
        saga("order", "cancellation", .cancellation, "compensate"),
        saga("order", "refund", .refund, "retry"), saga("order", "refund", .refund, "resume"),
        saga("order", "refund", .refund, "compensate"),
        saga("cart", "checkout", .checkout, "retry"), saga("cart", "checkout", .checkoutTakenBack, "resume"),
        saga("cart", "checkout", .checkout, "compensate"),
        Errand(
            service: "delivery", method: .patch, path: "/dead-letters/{letter}",
            body: #"{"data": {"orderId": "ORD-MENDED"}}"#, preparation: .deadLetter),
        Errand(service: "delivery", method: .post, path: "/dead-letters/{letter}/retry", preparation: .deadLetter),
        Errand(service: "delivery", method: .delete, path: "/dead-letters/{letter}", preparation: .deadLetter),
        Errand(service: "delivery", method: .post, path: "/dead-letters/retry?all=true", preparation: .deadLetter),
        Errand(service: "delivery", method: .delete, path: "/dead-letters?all=true", preparation: .deadLetter),
        Errand(service: "dashboard", method: .post, path: "/rebuild"),
    ]

    static let messages: [Errand] = [
        Errand(
            service: "email", method: .post, path: "/emails",
            body: #"{"to": "buyer@example.com", "subject": "test", "text": "test"}"#, isKeyed: true,
            storesNothing: true),
        Errand(
            service: "sms", method: .post, path: "/sms", body: #"{"to": "+628123456789", "text": "test"}"#,
            isKeyed: true, storesNothing: true),
    ]

    private static func saga(
        _ service: String, _ name: String, _ preparation: Preparation, _ command: String
    ) -> Errand {
        Errand(
            service: service, method: .post, path: "/sagas/\(name)/{saga}/\(command)", preparation: preparation)
    }
}
