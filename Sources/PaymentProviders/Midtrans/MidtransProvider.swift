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
            serverKey: settings.serverKey, evidence: Evidence(hiding: [settings.serverKey]))
    }

    public func perform(_ call: ProviderCall) async -> ProviderOutcome {
        guard call.money.currency == settings.currency, let amount = DecimalAmount.whole(call.money) else {
            return .refused(reason: "Midtrans takes whole \(settings.currency.code) only")
        }
        do {
            guard let response = try await send(call, amount: amount) else {
                return .refused(reason: "\(call.action.rawValue) needs the provider's name of the charge")
            }
            return try await outcome(response, of: call)
        } catch let error as TransportError {
            return ProviderOutcome(error)
        } catch {
            return .unknown(reason: ErrorText.of(error))
        }
    }

    public var hasStatement: Bool { false }

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
        call.reference.map { "/v2/" + QueryString.encode($0) }
    }
}
