import FoundationEssentials
import HTTP
import Kernel
import ServiceHost
import Webhooks

@testable import PaymentProviders

extension FuzzTarget {
    static let callbackTargets = [
        FuzzTarget(name: "stripe") { Provider.stripe.take($0) },
        FuzzTarget(name: "midtrans") { Provider.midtrans.take($0) },
        FuzzTarget(name: "toss") { Provider.toss.take($0) },
        FuzzTarget(name: "simulator") { Provider.simulator.take($0) },
    ]
}

/// Every part of the input between zeros is one message: first a callback's body and its signature, then what the provider
/// answers to calls.
private enum Provider {
    case stripe, midtrans, toss, simulator

    static let time = Timestamp(milliseconds: 1_767_225_600_000)
    static let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()

    func take(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 4, omittingEmptySubsequences: false).map { Data($0) }
        let body = genuine(parts[0])
        let header = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
        let answers = parts.dropFirst(2).map(Self.answer)
        let request = Request(method: .post, path: "/callbacks", headers: headers(body, signature: header), body: body)
        let first = callback(request, answers)
        precondition(first == callback(request, answers), "the same callback is read as another")
        if let first { check(first) }
        for action in ProviderAction.allCases { check(action, answers) }
    }

    /// A new one each time: Toss' remembers what it has looked up.
    private func provider(_ answers: [Response]) -> any PaymentProvider {
        let transport = Answers(answers)
        return switch self {
        case .stripe:
            StripeProvider(StripeSettings(secretKey: "sk", webhookSecrets: [Self.secret]), transport: transport)
        case .midtrans:
            MidtransProvider(
                MidtransSettings(serverKey: "key", cardToken: PaymentToken("card"), currency: Currency(code: "IDR")!),
                transport: transport)
        case .toss:
            TossProvider(
                TossSettings(secretKey: "sk", paymentKey: PaymentToken("pay")), transport: transport,
                now: { Self.time })
        case .simulator:
            SimulatorProvider(
                client: ServiceClient(name: "psp", baseURL: "http://127.0.0.1:1", transport: transport),
                secret: WebhookSecret(Self.secret)!, timeout: .seconds(1))
        }
    }

    private func callback(_ request: Request, _ answers: [Response]) -> ProviderCallback? {
        now { try? await provider(answers).callback(in: request, at: Self.time) }
    }

    /// An id names the callback for good, so that it is handled once.
    private func check(_ callback: ProviderCallback) {
        precondition(!callback.id.isEmpty, "a callback without an id")
        if case .succeeded = callback.event {
            precondition(!callback.reference.isEmpty, "money moved, and nobody can tell which")
        }
    }

    /// What is no JSON is not the provider's, and tells nothing about money.
    private func check(_ action: ProviderAction, _ answers: [Response]) {
        let currency = Currency(code: self == .midtrans ? "IDR" : "KRW")!
        let call = ProviderCall(
            action: action, orderId: "order-1", money: Money(10_000, currency), idempotencyKey: "key-1",
            reference: action == .charge || action == .authorise ? nil : "ch-1")
        let outcome = now { await provider(answers).perform(call) }
        let found = now { await provider(answers).find(call) }
        let window = StatementWindow(start: Timestamp(milliseconds: 0), end: Self.time)
        _ = now { try? await provider(answers).statement(in: window, after: nil) }
        _ = now { try? await provider(answers).movements(of: call) }
        guard !answers.isEmpty, answers.allSatisfy({ (try? JSON.check($0.body)) == nil }) else { return }
        if case .succeeded = outcome { fatalError("an answer that cannot be read is a success") }
        if case .succeeded = found { fatalError("a look-up that cannot be read is a success") }
        if found == .absent, !isImpossible(action) { fatalError("a look-up that cannot be read finds nothing") }
    }

    /// Toss takes money at once, so that there is nothing to look up.
    private func isImpossible(_ action: ProviderAction) -> Bool {
        self == .toss && ![.charge, .refund].contains(action)
    }

    private static func answer(_ text: Data) -> Response {
        let statuses = [200, 201, 202, 204, 301, 400, 401, 402, 404, 407, 409, 412, 422, 429, 500, 502, 503, 504]
        return Response(
            status: statuses[Int(text.first ?? 0) % statuses.count],
            headers: ["Content-Type": "application/json", "Retry-After": String(text.count)], body: text.dropFirst())
    }

    // MARK: Signatures

    /// Midtrans signs some members within the body.
    private func genuine(_ body: Data) -> Data {
        guard self == .midtrans, let read = try? JSON.decodeSnakeCaseLeniently(MidtransTransaction.self, from: body),
            case .object(var members)? = try? JSON.decode(JSONDocument.self, from: body),
            let orderId = read.orderId, let statusCode = read.statusCode, let grossAmount = read.grossAmount
        else { return body }
        members["signature_key"] = .text(
            MidtransSignature.make(
                orderId: orderId, statusCode: statusCode, grossAmount: grossAmount, serverKey: "key"))
        return (try? JSON.encode(JSONDocument.object(members))) ?? body
    }

    /// Without a signature in the input, a genuine one.
    private func headers(_ body: Data, signature: String) -> Headers {
        switch self {
        case .stripe:
            return [
                StripeSignature.header: signature.isEmpty
                    ? StripeSignature.make(body, secret: Self.secret, at: Self.time) : signature
            ]
        case .simulator where signature.isEmpty:
            return StandardWebhook.headers(id: "cb-1", body: body, secret: WebhookSecret(Self.secret)!, at: Self.time)
        case .simulator:
            let parts = signature.split(separator: ";", omittingEmptySubsequences: false)
            let words = parts.map(String.init) + ["", "", ""]
            return ["webhook-id": words[0], "webhook-timestamp": words[1], "webhook-signature": words[2]]
        case .midtrans, .toss: return Headers()
        }
    }
}

/// Gives its answers in turn, and then none.
private final class Answers: Transport, @unchecked Sendable {  // used on one thread only
    private var left: ArraySlice<Response>

    init(_ answers: [Response]) { left = answers[...] }

    func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        guard let next = left.popFirst() else { throw TransportError(.interrupted, "the connection was lost") }
        return next
    }
}
