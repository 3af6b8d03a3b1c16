import Configuration
import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import PaymentService
import ServiceHost
import ServiceTestSupport
import Synchronization

/// A provider that does what a test tells it to, and says what it was asked.
final class FakeProvider: PaymentProvider {
    struct State {
        var performing: @Sendable (ProviderCall) -> ProviderOutcome = { .succeeded(reference: "C-\($0.orderId)") }
        var finding: @Sendable (ProviderCall) -> ProviderLookup = { _ in .absent }
        var callbacks: [String: ProviderCallback] = [:]
        var lines: [StatementLine] = []
        var failingPages = 0
        /// How often questions about the movements of an order's charge fail.
        var failingCharges: [String: Int] = [:]
        var pageSize = 100
        var performed: [ProviderCall] = []
        var found: [ProviderCall] = []
        var windows: [StatementWindow] = []
    }
    let name = "fake"
    let hasStatement: Bool
    private let state = Mutex(State())

    init(hasStatement: Bool = true) { self.hasStatement = hasStatement }

    func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
    func count(_ action: ProviderAction) -> Int { state.withLock { $0.performed.count { $0.action == action } } }
    var performed: [ProviderCall] { state.withLock { $0.performed } }
    var lookups: Int { state.withLock { $0.found.count } }
    var windows: [StatementWindow] { state.withLock { $0.windows } }

    func perform(_ call: ProviderCall) async -> ProviderOutcome {
        state.withLock { state in
            state.performed.append(call)
            return state.performing(call)
        }
    }

    func find(_ call: ProviderCall) async -> ProviderLookup {
        state.withLock { state in
            state.found.append(call)
            return state.finding(call)
        }
    }

    /// The body is the name under which the test has put the callback.
    func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback {
        let name = String(decoding: request.body, as: UTF8.self)
        guard let callback = state.withLock({ $0.callbacks[name] }) else { throw InvalidCallback(.forged, "unknown") }
        return callback
    }

    func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        let page = state.withLock { state -> StatementPage? in
            if cursor == nil { state.windows.append(window) }
            guard state.failingPages == 0 else {
                state.failingPages -= 1
                return nil
            }
            let start = cursor.flatMap { Int($0) } ?? 0
            let within = state.lines.filter { line in
                line.movedAt.map { $0 >= window.start && $0 < window.end } ?? true
            }
            let part = Array(within.dropFirst(start).prefix(state.pageSize))
            let next = start + part.count
            return StatementPage(lines: part, next: next < within.count ? String(next) : nil)
        }
        guard let page else { throw ProviderError("out of order") }
        return page
    }

    func movements(of charge: ProviderCall) async throws(ProviderError) -> [StatementLine] {
        let lines = state.withLock { state -> [StatementLine]? in
            state.found.append(charge)
            guard let left = state.failingCharges[charge.orderId], left > 0 else {
                return state.lines.filter { $0.orderId == charge.orderId }
            }
            state.failingCharges[charge.orderId] = left - 1
            return nil
        }
        guard let lines else { throw ProviderError("out of order") }
        return lines
    }
}

/// The payment service with the fake provider of the test that starts it.
struct FakedPaymentService: ServiceDefinition {
    static let name = PaymentService.name
    static let kind = PaymentService.kind
    static let port = PaymentService.port
    static let summary = PaymentService.summary
    static let calls = PaymentService.calls
    static let publishes = PaymentService.publishes
    static let migrations = PaymentService.migrations
    /// By the name that the test's configuration has.
    static let providers = Mutex<[String: FakeProvider]>([:])
    private let service: PaymentService

    init(from section: Configuration) {
        let name = section.optionalString("fake") ?? ""
        let provider = Self.providers.withLock { $0[name] } ?? FakeProvider()
        service = PaymentService(from: section, provider: provider)
    }

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts { try service.assembled(context) }
}

func withFake(
    _ more: String = "", hasStatement: Bool = true,
    _ body: @escaping @Sendable (ServicesUnderTest, FakeProvider) async throws -> Void
) async throws {
    let provider = FakeProvider(hasStatement: hasStatement)
    let name = FakedPaymentService.providers.withLock { providers in
        let name = "fake-\(providers.count)"
        providers[name] = provider
        return name
    }
    let yaml = """
        payment:
          fake: \(name)
          providerTimeout: 1s
          retryDelay: 500ms
          resolveInterval: 1s
          refundRetryDelay: 5s
        \(more.isEmpty ? "" : "  " + more)
        """
    try await withServices([FakedPaymentService.self], yaml) { shop in try await body(shop, provider) }
}

extension ServicesUnderTest {
    /// Lets the provider tell it. `id` is the provider's; one that came before is a duplicate.
    @discardableResult
    func tell(
        _ provider: FakeProvider, _ event: ProviderCallback.Event, id: String, order: String = "ORD-1",
        reference: String = "C-ORD-1", refund: String? = nil, key: String? = nil, amount: Int64 = 1000,
        currency: Currency = .southKoreanWon
    ) async throws -> Int {
        let callback = ProviderCallback(
            id: id, orderId: order, reference: reference, refundReference: refund, idempotencyKey: key,
            money: Money(amount, currency), event: event)
        provider.change { $0.callbacks[id] = callback }
        return try await send(.post, "payment", "/api/payments/callbacks/fake", id).status
    }

    /// The open operator tasks.
    func tasks(_ kind: String? = nil) async throws -> [TaskView] {
        let answer = try await send(
            .get, "payment", "/tasks?state=OPEN" + (kind.map { "&kind=\($0)" } ?? ""))
        return try answer.json(TaskPage.self)._embedded.tasks
    }

    func resolve(_ task: TaskView, _ action: String) async throws -> Int {
        try await send(
            .post, "payment", "/tasks/\(task.id)/resolution",
            #"{"action": "\#(action)", "by": "ann", "reason": "seen"}"#, key: "T-\(task.id)-\(task.version)"
        ).status
    }

    /// What the ledger says that the provider owes.
    func owed() async throws -> Int64 {
        struct Balance: Decodable {
            struct Line: Decodable {
                let account: String
                let amount: Int64
            }
            let accounts: [Line]
        }
        let balance = try await send(.get, "payment", "/api/ledger/trial-balance").json(Balance.self)
        return balance.accounts.first { $0.account == "PROVIDER_RECEIVABLE" }?.amount ?? 0
    }

    func wait(_ duration: Duration) async throws { try await loop.sleep(for: duration) }
}

struct TaskView: Decodable {
    struct Fact: Decodable { let name, value: String }
    let id: String
    let version: Int64
    let kind: String
    let orderId: String?
    let evidence: [Fact]
}

private struct TaskPage: Decodable {
    struct Embedded: Decodable { let tasks: [TaskView] }
    let _embedded: Embedded
}

/// Answers that name neither amount nor order.
extension ProviderOutcome {
    static func accepted(reference: String) -> Self { .accepted(ProviderReport(reference: reference)) }
    static func succeeded(reference: String) -> Self { .succeeded(ProviderReport(reference: reference)) }
}

extension ProviderLookup {
    static func succeeded(reference: String) -> Self { .succeeded(ProviderReport(reference: reference)) }
    static func pending(reference: String) -> Self { .pending(ProviderReport(reference: reference)) }
}
