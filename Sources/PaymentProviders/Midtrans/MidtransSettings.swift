public import Configuration
public import Kernel

/// What the configuration says about Midtrans.
public struct MidtransSettings: Sendable {
    public let baseURL: String
    public let serverKey: String
    public let cardToken: PaymentToken
    /// Midtrans settles in rupiah only, unless agreed otherwise.
    public let currency: Currency
    public let timeout: Duration
    /// How long to wait before a part is refunded again that Midtrans does not refund before the settlement.
    public let settlementRetry: Duration

    public init(
        baseURL: String = "https://api.midtrans.com", serverKey: String, cardToken: PaymentToken, currency: Currency,
        timeout: Duration = .seconds(10), settlementRetry: Duration = .seconds(3600)
    ) {
        self.baseURL = baseURL
        self.serverKey = serverKey
        self.cardToken = cardToken
        self.currency = currency
        self.timeout = timeout
        self.settlementRetry = settlementRetry
    }

    /// Of the `midtrans` section: `baseURL`, `serverKey`, `paymentToken`, `currency`, `timeout`, `settlementRetry`.
    public init(from section: Configuration) {
        let code = section.string("currency", default: "IDR")
        if Currency(code: code) == nil { section.report("currency", "must be an ISO 4217 code, not \"\(code)\"") }
        self.init(
            baseURL: section.string("baseURL", default: "https://api.midtrans.com"),
            serverKey: section.string("serverKey"), cardToken: PaymentToken(section.string("paymentToken")),
            currency: Currency(code: code) ?? .southKoreanWon,
            timeout: section.duration("timeout", default: .seconds(10)),
            settlementRetry: section.duration(
                "settlementRetry", in: .seconds(1)...(.seconds(86_400)), default: .seconds(3600)))
    }
}
