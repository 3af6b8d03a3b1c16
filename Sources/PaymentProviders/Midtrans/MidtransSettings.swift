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

    public init(
        baseURL: String = "https://api.midtrans.com", serverKey: String, cardToken: PaymentToken, currency: Currency,
        timeout: Duration = .seconds(10)
    ) {
        self.baseURL = baseURL
        self.serverKey = serverKey
        self.cardToken = cardToken
        self.currency = currency
        self.timeout = timeout
    }

    /// Of the `midtrans` section: `baseURL`, `serverKey`, `paymentToken`, `currency`, `timeout`.
    public init(from section: Configuration) {
        let code = section.string("currency", default: "IDR")
        if Currency(code: code) == nil { section.report("currency", "must be an ISO 4217 code, not \"\(code)\"") }
        self.init(
            baseURL: section.string("baseURL", default: "https://api.midtrans.com"),
            serverKey: section.string("serverKey"), cardToken: PaymentToken(section.string("paymentToken")),
            currency: Currency(code: code) ?? .southKoreanWon,
            timeout: section.duration("timeout", default: .seconds(10)))
    }
}
