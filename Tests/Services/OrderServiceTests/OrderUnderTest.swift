import Contracts
import FoundationEssentials
import HTTP
import Kernel
import OrderService
import PlatformTestSupport
import ServiceTestSupport
import Synchronization

/// The order service alone, with neighbours that answer as they are told and remember what they were asked.
final class OrderUnderTest: Sendable {
    let service: ServiceUnderTest
    private let asked = Mutex<[String]>([])
    private let answers = Mutex<[String: Response]>([:])

    init(_ service: ServiceUnderTest) {
        self.service = service
        for name in ["payment", "delivery", "product"] {
            service.transport.register(name) { request in
                let call = "\(request.method.rawValue) \(request.path)"
                self.asked.withLock { $0.append("\(name) \(call)") }
                return self.answers.withLock { $0[call] } ?? Response(status: 503)
            }
        }
        set("POST /api/deliveries/cancellations", 200, "{}")
        set("POST /api/payments", 201, Self.receipt("PENDING"))
    }

    static func run(
        _ yaml: String = "", _ body: @escaping @Sendable (OrderUnderTest) async throws -> Void
    ) async throws {
        try await withService(OrderService.self, yaml) { try await body(OrderUnderTest($0)) }
    }

    /// All calls so far, as `payment POST /api/payments`.
    var calls: [String] { asked.withLock { $0 } }

    func set(_ call: String, _ status: Int, _ body: String, type: String = "application/json") {
        let response = Response(status: status, headers: ["Content-Type": type], body: Data(body.utf8))
        answers.withLock { $0[call] = response }
    }

    func problem(_ call: String, _ status: Int, _ type: String) {
        set(call, status, #"{"type":"\#(type)","title":"no","status":\#(status)}"#, type: Problem.contentType)
    }

    /// Of 10 × 1,000, whose payment PAY-1 is asked for; its id.
    func place(_ body: String = brief, key: String? = nil) async throws -> Response {
        var headers: Headers = ["Content-Type": "application/json"]
        if let key { headers.add("Idempotency-Key", key) }
        return try await service.send(.post, "/orders", body, headers: headers)
    }

    static let brief = #"{"branchId":"1","sauceId":"1","qty":"10","price":"1000"}"#

    func paid() async throws -> String {
        let id = try await place().json(Placed.self).id
        try await approve(id)
        return id
    }

    func approve(_ id: String, amount: Int64 = 10_000, version: Int64 = 2) async throws {
        try await service.hear(
            PaymentApproved(
                paymentId: "PAY-1", orderId: id, amount: amount, currency: .southKoreanWon,
                approvedAt: service.loop.now), about: id, version: version)
    }

    func ship(_ id: String) async throws {
        let time = service.loop.now
        try await service.hear(
            DeliveryStarted(deliveryId: "DEL-1", orderId: id, startedAt: time), about: id, version: 1)
        try await service.hear(
            DeliveryShipped(deliveryId: "DEL-1", orderId: id, trackingCode: nil, shippedAt: time), about: id,
            version: 2)
    }

    func refunded(_ id: String, _ amount: Int64, inAll: Int64, version: Int64) async throws {
        try await service.hear(
            PaymentRefunded(
                paymentId: "PAY-1", orderId: id, amount: amount, refundedAmount: inAll, currency: .southKoreanWon,
                isWhole: inAll == 10_000, refundedAt: service.loop.now), about: id, version: version)
    }

    func refund(_ id: String, _ body: String, key: String) async throws -> Response {
        try await service.send(
            .post, "/orders/\(id)/refunds", body,
            headers: ["Content-Type": "application/json", "Idempotency-Key": key])
    }

    func order(_ id: String) async throws -> Shown { try await service.send(.get, "/orders/\(id)").json(Shown.self) }

    static func receipt(_ status: String, refunded: Int64 = 0, attempt: String = "ACCEPTED") -> String {
        #"{"id":"PAY-1","orderId":"-","status":"\#(status)","version":2,"attemptId":"ATT-1","#
            + #""attemptState":"\#(attempt)","capturedAmount":10000,"refundedAmount":\#(refunded)}"#
    }

    struct Placed: Decodable {
        let id: String
    }

    struct Shown: Decodable, Sendable {
        let id: String
        let status: String
        let paymentStatus: String
        let fulfilmentStatus: String
        let refundedAmount: Int64?
        let version: Int64

        /// All three side by side.
        var states: String { "\(status) \(paymentStatus) \(fulfilmentStatus)" }
    }
}

extension OrderUnderTest {
    func until(_ what: String, _ condition: @Sendable () async throws -> Bool) async throws {
        try await eventually(on: service.loop, within: .seconds(120), condition)
    }
}
