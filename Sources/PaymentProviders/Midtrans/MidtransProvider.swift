import FoundationEssentials
public import HTTP
import Kernel

/// Midtrans' Core API with cards. The transaction_id is the reference of everything that follows; a refund's name is its
/// refund_key, which is its idempotency key.
public struct MidtransProvider: PaymentProvider {
    public let name = "midtrans"
    let client: MidtransClient
    let settings: MidtransSettings

    public init(_ settings: MidtransSettings, transport: any Transport) {
        self.settings = settings
        client = MidtransClient(
            endpoint: ProviderEndpoint(baseURL: settings.baseURL, timeout: settings.timeout, transport: transport),
            serverKey: settings.serverKey)
    }

    public func perform(_ call: ProviderCall) async -> ProviderOutcome {
        guard call.money.currency == settings.currency, let amount = DecimalAmount.whole(call.money) else {
            return .refused(reason: "Midtrans takes whole \(settings.currency.code) only")
        }
        do {
            guard let response = try await send(call, amount: amount) else {
                return .refused(reason: "\(call.action.rawValue) needs the provider's name of the charge")
            }
            return await outcome(response, of: call)
        } catch let error as TransportError {
            return ProviderOutcome(error)
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    /// There is none in the Core API: Midtrans' statements are files of its dashboard.
    public func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        throw ProviderError("Midtrans has no interface for statements")
    }

    private func send(_ call: ProviderCall, amount: Int64) async throws -> Response? {
        switch call.action {
        case .charge, .authorise:
            return try await client.post("/v2/charge", charge(call, amount: amount))
        case .capture:
            guard let reference = call.reference else { return nil }
            return try await client.post(
                "/v2/capture", MidtransCapture(transactionId: reference, grossAmount: amount))
        case .void:
            guard let path = path(call) else { return nil }
            return try await client.post(path + "/cancel")
        case .refund:
            guard let path = path(call) else { return nil }
            return try await client.post(
                path + "/refund",
                MidtransRefundRequest(refundKey: call.idempotencyKey, amount: amount, reason: call.orderId))
        }
    }

    private func charge(_ call: ProviderCall, amount: Int64) -> MidtransCharge {
        MidtransCharge(
            transactionDetails: .init(
                orderId: MidtransOrderId.make(call.idempotencyKey), grossAmount: amount),
            creditCard: .init(
                tokenId: settings.cardToken.token(for: call), type: call.action == .authorise ? "authorize" : nil),
            customField1: call.orderId, customField2: call.idempotencyKey, customField3: call.action.rawValue)
    }

    private func path(_ call: ProviderCall) -> String? {
        call.reference.map { "/v2/" + Query.encode($0) }
    }

    /// Midtrans' own code in the body says more than the status of the answer (Midtrans, "Status codes").
    private func outcome(_ response: Response, of call: ProviderCall) async -> ProviderOutcome {
        let answer = MidtransTransaction.read(response)
        switch answer?.statusCode.flatMap({ Int($0) }) ?? response.status {
        case 200..<300:
            return answer?.lookup(of: call, currency: settings.currency).outcome
                ?? .unknown(reason: "Midtrans' answer cannot be read")
        case 429: return .tooMany(response)
        // Wrong key: Midtrans looked at nothing.
        case 401: return .notSent(reason: "Midtrans refuses the server key", retryAfter: nil)
        // 406: the order_id is taken; 412: the transaction is past this step. Perhaps by this very call.
        case 406, 412:
            let found = await find(call)
            guard found == .absent else { return found.outcome }
            return .refused(reason: answer?.statusMessage ?? "refused by the provider")
        case 400..<500: return .refused(reason: answer?.statusMessage ?? "refused by the provider")
        default: return .unclear(response)
        }
    }
}
