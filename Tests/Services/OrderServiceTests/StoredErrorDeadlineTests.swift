import Configuration
import Contracts
import FoundationEssentials
import HTTP
import Kernel
import OrderService
import PaymentProviders
import PaymentService
import ServiceHost
import ServiceTestSupport
import Synchronization
import Testing

/// The two deadlines of an order whose charge the provider answers with a stored error: payment takes it for never made
/// after `payment.abandonAfter`, order gives up after `order.paymentDeadline`. Whichever is first, and whatever the
/// provider does in between or later, both services come to the same end.
@Suite struct StoredErrorDeadlineTests {
    struct Case: Sendable, CustomStringConvertible {
        let abandonAfter: String
        let deadline: String
        /// When the charge comes about after all, in seconds after the order.
        let chargedAfter: Int?
        /// Whether a callback tells of it; otherwise a look-up or the statement shows it.
        var isTold = true

        var description: String {
            "abandoned after \(abandonAfter), due after \(deadline), charged after "
                + (chargedAfter.map { "\($0)s" } ?? "never") + (isTold ? "" : " untold")
        }
    }

    static let cases: [Case] = [("30s", "120s"), ("120s", "30s"), ("60s", "60s")].flatMap { abandon, deadline in
        [nil, 5, 29, 31, 59, 61, 65, 119, 130, 600].map { second in
            Case(abandonAfter: abandon, deadline: deadline, chargedAfter: second)
        } + [Case(abandonAfter: abandon, deadline: deadline, chargedAfter: 45, isTold: false)]
    }

    @Test(arguments: cases) func order_and_payment_come_to_the_same_end(_ story: Case) async throws {
        let provider = StoredErrorProvider()
        try await withOrders(provider, abandonAfter: story.abandonAfter, deadline: story.deadline) { shop in
            let placed = try await shop.send(
                .post, "order", "/orders", #"{"branchId":1,"sauceId":1,"qty":1,"price":1000}"#)
            #expect(placed.status == 202, "\(placed.text)")
            let id = try placed.json(OrderUnderTest.Placed.self).id
            if let second = story.chargedAfter {
                try await shop.loop.sleep(for: .seconds(second))
                provider.charge(at: shop.loop.now)
                if story.isTold {
                    let told = try await shop.send(.post, "payment", "/api/payments/callbacks/stored", id)
                    #expect(told.status == 200 || told.status == 204, "\(told.text)")
                }
            }
            // Longer than both, and than the longest delay between two look-ups.
            try await shop.loop.sleep(for: .seconds(900))
            if !story.isTold {
                let report = try await shop.send(.post, "payment", "/api/reconciliations")
                #expect(report.status == 201, "\(report.text)")
                try await shop.loop.sleep(for: .seconds(60))
            }
            let order = try await shop.send(.get, "order", "/orders/\(id)").json(OrderUnderTest.Shown.self)
            let receipt = try await shop.send(.get, "payment", PaymentAPI.payment(orderId: id))
                .json(PaymentReceipt.self)
            let words: Comment = "\(story): \(order.states), payment \(receipt.status) \(receipt.capturedAmount)"
            #expect(["PAID", "CANCELLED", "PAYMENT_FAILED"].contains(order.status), words)
            let kept = receipt.capturedAmount - receipt.refundedAmount
            #expect(kept == (order.status == "PAID" ? 1000 : 0), words)
            #expect(provider.kept == kept, words)
            // In time, it is paid; when nothing was charged, or too late, it is not.
            let isInTime = story.chargedAfter.map { $0 < 30 } ?? false
            if isInTime, story.isTold { #expect(order.status == "PAID", words) }
            if story.chargedAfter == nil || story.chargedAfter ?? 0 > 120 { #expect(order.status != "PAID", words) }
            // Nobody is told that it is paid, and that it is not.
            let isPaid = try !shop.published(OrderPaid.self).isEmpty
            let isOver =
                try !shop.published(OrderCancelled.self).isEmpty || !shop.published(OrderPaymentFailed.self).isEmpty
            #expect(isPaid != isOver, words)
            #expect(isPaid == (order.status == "PAID"), words)
        }
    }

    private func withOrders(
        _ provider: StoredErrorProvider, abandonAfter: String, deadline: String,
        _ body: @escaping @Sendable (ServicesUnderTest) async throws -> Void
    ) async throws {
        let name = StoredErrorPayments.providers.withLock { providers in
            providers["\(providers.count)"] = provider
            return "\(providers.count - 1)"
        }
        let yaml = """
            order:
              paymentDeadline: \(deadline)
            payment:
              stored: "\(name)"
              abandonAfter: \(abandonAfter)
              providerTimeout: 1s
              retryDelay: 500ms
              resolveInterval: 1s
              maximumRetryDelay: 10s
            """
        try await withServices([StoredErrorPayments.self, OrderService.self], yaml) { shop in
            shop.transport.register("delivery") { _ in Response(status: 200, body: Data("{}".utf8)) }
            try await body(shop)
        }
    }
}

/// Keeps an error for a charge's key and repeats it, until the charge comes about at its side.
private final class StoredErrorProvider: PaymentProvider {
    private struct State {
        var chargedAt: Timestamp?
        var refunded: Int64 = 0
        var orderId: String?
    }
    let name = "stored"
    let hasStatement = true
    private let state = Mutex(State())

    func charge(at time: Timestamp) { state.withLock { $0.chargedAt = time } }
    private var isCharged: Bool { state.withLock { $0.chargedAt != nil } }
    private var orderId: String? { state.withLock { $0.orderId } }
    /// Minor units.
    var kept: Int64 { state.withLock { $0.chargedAt != nil ? 1000 - $0.refunded : 0 } }

    func perform(_ call: ProviderCall) async -> ProviderOutcome {
        guard call.action == .refund else {
            state.withLock { $0.orderId = call.orderId }
            return .storedError(reason: "500, kept for the key")
        }
        state.withLock { $0.refunded += call.money.amount }
        return .succeeded(ProviderReport(reference: "R-" + call.orderId))
    }

    func find(_ call: ProviderCall) async -> ProviderLookup {
        guard call.action == .charge, isCharged else { return .absent }
        return .succeeded(ProviderReport(reference: "C-" + call.orderId))
    }

    /// The body is the order that was charged.
    func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback {
        let order = String(decoding: request.body, as: UTF8.self)
        return ProviderCallback(
            id: "evt-" + order, orderId: order, reference: "C-" + order, refundReference: nil,
            idempotencyKey: PaymentAPI.idempotencyKey(orderId: order), money: Money(1000, .southKoreanWon),
            event: .succeeded(.charge))
    }

    func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        guard let time = state.withLock({ $0.chargedAt }), time >= window.start, time < window.end, let order = orderId
        else { return StatementPage(lines: [], next: nil) }
        return StatementPage(
            lines: [
                StatementLine(
                    reference: "C-" + order, orderId: order, kind: .capture, money: Money(1000, .southKoreanWon),
                    movedAt: time)
            ], next: nil)
    }

    func movements(of charge: ProviderCall) async throws(ProviderError) -> [StatementLine] { [] }
}

/// The payment service with the provider of the test that starts it.
private struct StoredErrorPayments: ServiceDefinition {
    static let name = PaymentService.name
    static let kind = PaymentService.kind
    static let port = PaymentService.port
    static let summary = PaymentService.summary
    static let calls = PaymentService.calls
    static let publishes = PaymentService.publishes
    static let migrations = PaymentService.migrations
    static let providers = Mutex<[String: StoredErrorProvider]>([:])
    private let service: PaymentService

    init(from section: Configuration) {
        let provider = Self.providers.withLock { $0[section.optionalString("stored") ?? ""] }
        service = PaymentService(from: section, provider: provider ?? StoredErrorProvider())
    }

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts { try service.assembled(context) }
}
