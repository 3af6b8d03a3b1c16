import CartService
import CustomerService
import DeliveryService
import FoundationEssentials
import HTTP
import Kernel
import OrderService
import PaymentService
import ProductService
import ProviderSimulatorService
import ServiceTestSupport

/// A shop in virtual time in which every request of `Errand` has something to work on: goods, a customer with an address, a
/// cart, a paid order with its delivery, an authorised payment, a reservation.
struct PreparedShop: Sendable {
    let services: ServicesUnderTest
    /// By their placeholders.
    private var names: [String: String] = [:]

    /// Makes what the errand needs and no more: there are many of them.
    static func run<Result: Sendable>(
        for errand: Errand, _ body: @escaping @Sendable (PreparedShop) async throws -> Result
    ) async throws -> Result {
        try await withServices(
            [
                ProviderSimulatorService.self, ProductService.self, CustomerService.self, PaymentService.self,
                OrderService.self, CartService.self, DeliveryService.self,
            ], ""
        ) { services in
            try await body(try await PreparedShop(services, errand))
        }
    }

    private init(_ services: ServicesUnderTest, _ errand: Errand) async throws {
        self.services = services
        let needs = { (name: String) in errand.path.contains("{\(name)}") || errand.body.contains("{\(name)}") }
        try await services.make(.put, "product", "/products/1", #"{"name": "Sambal", "price": 5000}"#)
        try await services.make(
            .post, "product", "/stocks/adjustments",
            #"{"branchId": 1, "sauceId": 1, "change": 100, "reason": "delivery of goods"}"#)
        try await services.make(
            .put, "product", "/reservations/ORD-KEPT", #"{"branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#)
        let customer = try await services.make(
            .post, "customer", "/customers", #"{"name": "Buyer", "email": "buyer@example.com"}"#)
        names["customer"] = customer.id
        try await services.make(
            .post, "customer", "/customers/\(customer.id)/addresses",
            #"{"street": "Jl. Sudirman 1", "city": "Jakarta", "country": "ID"}"#)
        names["cart"] = try await services.make(
            .post, "cart", "/carts",
            #"{"customerId": "\#(customer.id)", "branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#
        ).id
        if needs("authorised") {
            names["authorised"] = try await services.make(
                .post, "payment", "/api/payments",
                #"{"orderId": "ORD-HELD", "amount": 1000, "currency": "KRW", "capture": "manual"}"#, key: "PREPARED-1"
            ).id
            try await services.until {
                try await services.first("payment", "/payments", of: "ORD-HELD")?.status == "AUTHORISED"
            }
        }
        guard needs("order") || needs("payment") || needs("delivery") else { return }
        let order = try await services.make(
            .post, "order", "/orders", #"{"branchId": 1, "sauceId": 1, "qty": 2, "price": 5000}"#)
        names["order"] = order.id
        try await services.until {
            try await services.first("payment", "/payments", of: order.id)?.status == "CAPTURED"
        }
        names["payment"] = try await services.first("payment", "/payments", of: order.id)?.id
        try await services.until { try await services.first("delivery", "/deliveries", of: order.id) != nil }
        names["delivery"] = try await services.first("delivery", "/deliveries", of: order.id)?.id
        let placed = order.id
        try await services.until {
            try await services.send(.get, "order", "/orders/\(placed)").json(PreparedShop.Made.self).status == "PAID"
        }
    }

    struct Made: Decodable, Sendable {
        let id: String
        let status: String?
    }
    fileprivate struct Collection: Decodable {
        let _embedded: [String: [Made]]?
    }
    struct Unprepared: Error {
        let request: String
        let answer: String
    }

    /// Replaces the placeholders.
    func text(_ template: String) -> String {
        names.reduce(template) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    func send(_ errand: Errand) async throws -> Response {
        try await services.send(
            errand.method, errand.service, text(errand.path), text(errand.body), key: errand.isKeyed ? "KEY-1" : nil)
    }

}

extension ServicesUnderTest {
    @discardableResult
    fileprivate func make(
        _ method: HTTP.Method, _ service: String, _ path: String, _ body: String, key: String? = nil
    ) async throws -> PreparedShop.Made {
        let answer = try await send(method, service, path, body, key: key)
        guard (200..<300).contains(answer.status) else {
            throw PreparedShop.Unprepared(request: "\(method) \(path)", answer: answer.text)
        }
        return (try? answer.json(PreparedShop.Made.self)) ?? PreparedShop.Made(id: "", status: nil)
    }

    fileprivate func first(_ service: String, _ path: String, of order: String) async throws -> PreparedShop.Made? {
        let answer = try await send(.get, service, "\(path)/search/findByOrderId?orderId=\(order)")
        return try answer.json(PreparedShop.Collection.self)._embedded?.values.first?.first
    }
}
