import Contracts
import FoundationEssentials
import HTTP
import Kernel
import Messaging
import ServiceTestSupport

/// What only few requests are about.
extension PreparedShop {
    mutating func prepare(_ preparation: Errand.Preparation) async throws {
        switch preparation {
        case .shipped: try await services.make(.post, "delivery", text("/deliveries/{delivery}/ship"), "")
        case .cancellation:
            services.transport.unregister("delivery")
            try await begin("order", "cancellation", .post, "/orders/{order}/cancel", "{}")
        case .refund:
            services.transport.unregister("payment")
            try await begin("order", "refund", .post, "/orders/{order}/refunds", #"{"amount": 100}"#)
        case .checkout:
            services.transport.unregister("customer")
            try await begin("cart", "checkout", .post, "/carts/{cart}/checkout", "")
        case .checkoutTakenBack:
            try await prepare(.checkout)
            services.transport.unregister("product")
            try await services.make(.post, "cart", text("/sagas/checkout/{saga}/compensate"), "")
            // It is taken back in the background, as far as it goes: its version rests once product was asked in vain.
            let (services, saga) = (services, text("/sagas/checkout/{saga}"))
            try await services.until {
                try await services.send(.get, "cart", saga).text.contains("There is no service at product")
            }
        case .orderTask: try await openOrderTask()
        case .paymentTask: try await openPaymentTask()
        case .deadLetter: try await setAside()
        case .difference: try await differ()
        case .untoldCharge: try await charge()
        }
    }

    private struct Items: Decodable {
        struct Item: Decodable { let id: String }
        let _embedded: [String: [Item]]?
        var first: String? { _embedded?.values.first?.first?.id }
    }

    /// The id of the first that a list shows, once it shows one.
    private func first(_ service: String, _ path: String) async throws -> String {
        let services = services
        try await services.until { try await services.send(.get, service, path).json(Items.self).first != nil }
        return try await services.send(.get, service, path).json(Items.self).first ?? ""
    }

    /// Begins a saga that waits for a service that is away.
    private mutating func begin(
        _ service: String, _ saga: String, _ method: HTTPMethod, _ path: String, _ body: String
    ) async throws {
        _ = try await services.send(
            method, service, text(path), body, key: "PREPARED-2", headers: ["Prefer": "respond-async"])
        let (services, list) = (services, "/sagas/" + saga)
        // One that waits for somebody is tried again and again.
        try await services.until { try await services.send(.get, service, list).text.contains(#""tries":"#) }
        name("saga", try await first(service, list))
    }

    private mutating func openOrderTask() async throws {
        try await services.publish(
            PaymentApproved(
                paymentId: "PAY-OTHER", orderId: text("{order}"), amount: 1, currency: .southKoreanWon,
                approvedAt: services.loop.now), about: text("{order}"), version: 99)
        name("task", try await first("order", "/tasks"))
    }

    private mutating func openPaymentTask() async throws {
        let charge = try await first("psp", text("/statement/search/findByOrderId?orderId={order}"))
        try await services.make(.post, "psp", "/admin/charges/\(charge)/dispute", "{}")
        name("task", try await first("payment", "/tasks"))
    }

    /// An event of which delivery can make nothing.
    private mutating func setAside() async throws {
        try await services.publish(UnreadableApproval(nothing: 1), about: "ORD-UNREADABLE")
        name("letter", try await first("delivery", "/dead-letters"))
    }

    /// The provider has charged for an order that no payment here is of.
    private mutating func differ() async throws {
        try await services.make(
            .post, "psp", "/charges",
            #"{"action": "charge", "orderId": "ORD-ELSEWHERE", "amount": 1000, "currency": "KRW"}"#, key: "PREPARED-3")
        try await services.loop.sleep(for: .seconds(1))
        try await services.make(.post, "payment", "/api/reconciliations", "")
        name("difference", try await first("payment", "/api/differences"))
    }

    private mutating func charge() async throws {
        try await services.make(.patch, "psp", "/admin/faults", #"{"callbacksOff": true}"#)
        try await services.make(
            .post, "payment", "/api/payments", #"{"orderId": "ORD-UNTOLD", "amount": 1000, "currency": "KRW"}"#,
            key: PaymentAPI.idempotencyKey(orderId: "ORD-UNTOLD"))
        let path = "/charges?idempotencyKey=" + PaymentAPI.idempotencyKey(orderId: "ORD-UNTOLD")
        name("charge", try await services.send(.get, "psp", path).text)
    }
}

/// Looks like a payment's approval, and has nothing of it.
private struct UnreadableApproval: EventPayload {
    static let type = PaymentApproved.type
    let nothing: Int
}
