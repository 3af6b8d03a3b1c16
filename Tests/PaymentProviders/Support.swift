import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import Synchronization

extension Currency {
    static var rupiah: Currency { Currency(code: "IDR") ?? .southKoreanWon }
}

/// The report of a call that was made with `call`'s defaults.
func report(
    _ reference: String, _ amount: Int64? = 10_000, _ currency: Currency = .southKoreanWon, order: String? = "ORD-1"
) -> ProviderReport {
    ProviderReport(reference: reference, money: amount.map { Money($0, currency) }, orderId: order)
}

func call(
    _ action: ProviderAction = .charge, _ amount: Int64 = 10_000, _ currency: Currency = .southKoreanWon,
    key: String = "PAY-IDEMPOTENCY-ORD-1", about reference: String? = nil
) -> ProviderCall {
    ProviderCall(
        action: action, orderId: "ORD-1", money: Money(amount, currency), idempotencyKey: key, reference: reference)
}

/// Answers as told, one after the other, and keeps what it was asked.
final class FakeTransport: Transport {
    private struct State {
        var answers: [Result<Response, TransportError>]
        var requests: [OutboundRequest] = []
    }
    private let state: Mutex<State>

    convenience init(_ answers: Result<Response, TransportError>...) { self.init(answers) }

    init(_ answers: [Result<Response, TransportError>]) { state = Mutex(State(answers: answers)) }

    var requests: [OutboundRequest] { state.withLock { $0.requests } }

    func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        guard let answer else { throw TransportError(.unreachable, "the fake has no answer left") }
        return try answer.get()
    }
}

extension Result where Success == Response, Failure == TransportError {
    static func answer(_ status: Int, _ body: String = "{}", headers: Headers = [:]) -> Self {
        .success(Response(status: status, headers: headers, body: Data(body.utf8)))
    }

    static func fails(_ code: TransportError.Code) -> Self { .failure(TransportError(code, "told to")) }
}

extension OutboundRequest {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension ProviderOutcome {
    /// `succeeded`, `refused` … without what it carries.
    var kind: String {
        switch self {
        case .accepted: "accepted"
        case .succeeded: "succeeded"
        case .refused: "refused"
        case .notSent: "notSent"
        case .unknown: "unknown"
        case .storedError: "storedError"
        }
    }

    var report: ProviderReport? {
        switch self {
        case .accepted(let report), .succeeded(let report): report
        case .refused, .notSent, .unknown, .storedError: nil
        }
    }

    /// The reference of what was accepted or done.
    var reference: String? { report?.reference }

    /// Why it was not done, or is not known.
    var reason: String? {
        switch self {
        case .refused(let reason), .notSent(let reason, _), .unknown(let reason), .storedError(let reason): reason
        case .accepted, .succeeded: nil
        }
    }
}

extension ProviderLookup {
    var report: ProviderReport? {
        switch self {
        case .succeeded(let report), .pending(let report): report
        case .refused, .absent, .unknown: nil
        }
    }

    var kind: String {
        switch self {
        case .succeeded: "succeeded"
        case .refused: "refused"
        case .pending: "pending"
        case .absent: "absent"
        case .unknown: "unknown"
        }
    }
}

func callback(_ body: String, headers: Headers = [:]) -> Request {
    Request(method: .post, path: "/callbacks", headers: headers, body: Data(body.utf8))
}

extension PaymentProvider {
    /// All pages, one after the other.
    func wholeStatement() async throws -> [StatementLine] {
        var (lines, cursor) = ([StatementLine](), String?.none)
        repeat {
            let page = try await statement(
                in: StatementWindow(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max)),
                after: cursor)
            lines += page.lines
            cursor = page.next
        } while cursor != nil
        return lines
    }
}
