import CartService
import Contracts
import FoundationEssentials
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Synchronization

/// The cart service alone, with neighbours that let every checkout succeed unless they are told otherwise.
final class CartUnderTest: Sendable {
    let service: ServiceUnderTest
    private let asked = Mutex<[String]>([])
    private let answers = Mutex<[String: Response]>([:])
    private let named = Mutex<[String]>([])

    init(_ service: ServiceUnderTest) {
        self.service = service
        for name in ["product", "customer", "order", "payment"] {
            service.transport.register(name) { request in
                // An order's own number is left out, so that an answer is for every order.
                let path = request.path.split(separator: "/").filter { !$0.hasPrefix("ORD-") }.joined(separator: "/")
                let call = "\(name) \(request.method.rawValue) /\(path)"
                self.asked.withLock { $0.append(call) }
                if let caller = request.headers["Sambal-Caller"] {
                    self.named.withLock { $0.append("\(call) for \(caller)") }
                }
                return self.answers.withLock { $0[call] } ?? Response(status: 404)
            }
        }
        set("product PUT /reservations", 201, Self.reservation)
        set("product POST /reservations/commit", 200, Self.reservation)
        set("product POST /reservations/release", 200, "{}")
        set("customer GET /customers/CUS-1/delivery-details", 200, Self.details)
        set("order PUT /api/orders", 201, "{}")
        set("order POST /api/orders/withdrawal", 200, "{}")
        payment("CAPTURED")
    }

    static func run(
        _ yaml: String = "", _ body: @escaping @Sendable (CartUnderTest) async throws -> Void
    ) async throws {
        try await withService(CartService.self, yaml) { try await body(CartUnderTest($0)) }
    }

    /// All calls so far, as `payment POST /api/payments`.
    var calls: [String] { asked.withLock { $0 } }

    /// The calls that were made for a caller.
    var callsForCallers: [String] { named.withLock { $0 } }

    func set(_ call: String, _ status: Int, _ body: String, type: String = "application/json") {
        let response = Response(status: status, headers: ["Content-Type": type], body: Data(body.utf8))
        answers.withLock { $0[call] = response }
    }

    func payment(_ status: String) {
        set(
            "payment POST /api/payments", 201,
            #"{"id":"PAY-1","orderId":"-","status":"\#(status)","version":2,"attemptId":"ATT-1","#
                + #""attemptState":"ACCEPTED","capturedAmount":0,"refundedAmount":0}"#)
    }

    /// A cart with two pieces of sauce 1; its id.
    func cart() async throws -> String {
        let answer = try await service.send(
            .post, "/carts", #"{"customerId":"CUS-1","branchId":1,"items":[{"sauceId":1,"qty":2}]}"#)
        return try answer.json(Named.self).id
    }

    func checkOut(_ cart: String, _ body: String = "", key: String, isAsync: Bool = false) async throws -> Response {
        var headers: Headers = ["Content-Type": "application/json", "Idempotency-Key": key]
        if isAsync { headers.add("Prefer", "respond-async") }
        return try await service.send(.post, "/carts/\(cart)/checkout", body, headers: headers)
    }

    struct Named: Decodable, Sendable {
        let id: String
    }

    private static let reservation = """
        {"orderId":"-","branchId":1,"status":"RESERVED","items":[{"sauceId":1,"name":"Sambal","qty":2,"price":5000}],\
        "currency":"KRW"}
        """
    private static let details = """
        {"buyer":{"customerId":"CUS-1","email":"buyer@example.com"},\
        "address":{"street":"Jalan 1","city":"Jakarta","country":"ID"}}
        """
}

extension CartUnderTest {
    func until(_ condition: @Sendable () async throws -> Bool) async throws {
        try await eventually(on: service.loop, within: .seconds(600), condition)
    }

    /// Order's word that the order of a choreographed checkout is cancelled.
    func cancelled(_ orderId: String) async throws {
        let order = OrderSummary(
            orderId: orderId, branchId: 1, items: [OrderItem(sauceId: 1, qty: 2, price: 5000)], qty: 2, amount: 10_000,
            currency: .southKoreanWon, buyer: Buyer(), checkout: .choreographed, placedAt: service.loop.now)
        try await service.hear(
            OrderCancelled(order: order, reason: "late", refundedAmount: 0, cancelledAt: service.loop.now),
            about: orderId, version: 2)
    }
}
