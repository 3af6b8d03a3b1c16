import CartService
import CustomerService
import DashboardService
import DeliveryService
import EmailService
import FoundationEssentials
import HTTP
import Kernel
import NotificationService
import OrderService
import PaymentService
import PlatformTestSupport
import ProductService
import ProviderSimulator
import SMSService
import ServiceHost
import ServiceTestSupport
import Webhooks

/// A shop in which every request of `Errand` has something to work on: goods, a customer with an address, a cart, a paid
/// order with its delivery, an authorised payment, a reservation; and what the request's `preparation` names.
struct PreparedShop: Sendable {
    let services: ServicesUnderTest
    /// By their placeholders.
    private(set) var names: [String: String] = [:]
    /// The caller who makes customer, cart and order; `nil` of nobody in particular.
    let owner: Caller?

    static let shop: [any ServiceDefinition.Type] = [
        ProviderSimulatorService.self, ProductService.self, CustomerService.self, PaymentService.self,
        OrderService.self, CartService.self, DeliveryService.self,
    ]
    /// Those that few requests need.
    static let others: [any ServiceDefinition.Type] = [
        NotificationService.self, DashboardService.self, EmailService.self, SMSService.self,
    ]

    /// Makes what the errand needs and no more, since there are many of them. The service that it goes to has its
    /// database on `engine`, the others on SQLite.
    static func run<Result: Sendable>(
        for errand: Errand, on engine: EngineUnderTest = .sqlite, ownedBy owner: Caller? = nil, all: Bool = false,
        _ body: @escaping @Sendable (PreparedShop) async throws -> Result
    ) async throws -> Result {
        let definitions = shop + others.filter { all || $0.name == errand.service }
        let databases: ServicesUnderTest.Opening = { service, path, loop in
            try (service == errand.service ? engine.open : ServicesUnderTest.sqlite)(service, path, loop)
        }
        return try await withServices(definitions, on: engine.loop, databases: databases) { services in
            try await body(try await PreparedShop(services, errand, owner))
        }
    }

    private init(_ services: ServicesUnderTest, _ errand: Errand, _ owner: Caller?) async throws {
        self.services = services
        self.owner = owner
        let needs = { (name: String) in errand.path.contains("{\(name)}") || errand.body.contains("{\(name)}") }
        for sauce in [1, 2] {
            try await services.make(
                .put, "product", "/products/\(sauce)", #"{"name": "Sambal \#(sauce)", "price": 5000}"#)
        }
        try await services.make(
            .post, "product", "/stocks/adjustments",
            #"{"branchId": 1, "sauceId": 1, "change": 100, "reason": "delivery of goods"}"#)
        try await services.make(
            .put, "product", "/reservations/ORD-KEPT", #"{"branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#)
        let customer = try await services.make(
            .post, "customer", "/customers", #"{"name": "Buyer", "email": "buyer@example.com"}"#, as: owner)
        names["customer"] = customer.id
        for (name, street) in [("address", "Jl. Sudirman 1"), ("second", "Jl. Thamrin 2")] {
            names[name] = try await services.make(
                .post, "customer", "/customers/\(customer.id)/addresses",
                #"{"street": "\#(street)", "city": "Jakarta", "country": "ID"}"#, as: owner
            ).id
        }
        names["cart"] = try await services.make(
            .post, "cart", "/carts",
            #"{"customerId": "\#(customer.id)", "branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#, as: owner
        ).id
        if needs("authorised") { try await authorise() }
        let isAboutOrder = errand.preparation.map {
            [.shipped, .cancellation, .refund, .orderTask, .paymentTask].contains($0)
        }
        if isAboutOrder == true || needs("order") || needs("payment") || needs("delivery") { try await order() }
        if let preparation = errand.preparation { try await prepare(preparation) }
    }

    private mutating func authorise() async throws {
        names["authorised"] = try await services.make(
            .post, "payment", "/api/payments",
            #"{"orderId": "ORD-HELD", "amount": 1000, "currency": "KRW", "capture": "manual"}"#, key: "PREPARED-1"
        ).id
        try await services.until { [services] in
            try await services.first("payment", "/payments", of: "ORD-HELD")?.status == "AUTHORISED"
        }
    }

    private mutating func order() async throws {
        let services = services
        let order = try await services.make(
            .post, "order", "/orders", #"{"branchId": 1, "sauceId": 1, "qty": 2, "price": 5000}"#, as: owner
        ).id
        names["order"] = order
        try await services.until {
            try await services.first("payment", "/payments", of: order)?.status == "CAPTURED"
        }
        names["payment"] = try await services.first("payment", "/payments", of: order)?.id
        try await services.until { try await services.first("delivery", "/deliveries", of: order) != nil }
        names["delivery"] = try await services.first("delivery", "/deliveries", of: order)?.id
        try await services.until {
            try await services.send(.get, "order", "/orders/\(order)").json(PreparedShop.Made.self).status == "PAID"
        }
    }

    mutating func name(_ placeholder: String, _ text: String) { names[placeholder] = text }

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

    func send(_ errand: Errand, as caller: Caller? = nil) async throws -> Response {
        let body = text(errand.body)
        var headers = errand.isCallback ? signature(of: body) : Headers()
        caller?.write(to: &headers)
        return try await services.send(
            errand.method, errand.service, text(errand.path), body, key: errand.isKeyed ? "KEY-1" : nil,
            headers: headers)
    }

    private func signature(of body: String) -> Headers {
        guard let secret = WebhookSecret(ServicesUnderTest.secret) else { return Headers() }
        return StandardWebhook.headers(
            id: "CB-1", body: Data(body.utf8), secret: secret, at: services.loop.now)
    }
}

extension ServicesUnderTest {
    @discardableResult
    func make(
        _ method: HTTPMethod, _ service: String, _ path: String, _ body: String, key: String? = nil,
        as caller: Caller? = nil
    ) async throws -> PreparedShop.Made {
        var headers = Headers()
        caller?.write(to: &headers)
        let answer = try await send(method, service, path, body, key: key, headers: headers)
        guard (200..<300).contains(answer.status) else {
            throw PreparedShop.Unprepared(request: "\(method) \(path)", answer: answer.text)
        }
        return (try? answer.json(PreparedShop.Made.self)) ?? PreparedShop.Made(id: "", status: nil)
    }

    func first(_ service: String, _ path: String, of order: String) async throws -> PreparedShop.Made? {
        let answer = try await send(.get, service, "\(path)/search/findByOrderId?orderId=\(order)")
        return try answer.json(PreparedShop.Collection.self)._embedded?.values.first?.first
    }
}
