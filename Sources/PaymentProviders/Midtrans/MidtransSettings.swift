public import Configuration
public import Kernel

/// The settings of Midtrans.
public struct MidtransSettings: Sendable {
    public let baseURL: String
    public let serverKey: String
    public let cardToken: PaymentToken
    /// Midtrans settles in rupiah only, unless agreed otherwise.
    public let currency: Currency
    public let timeout: Duration
    /// The delay before the retry of a partial refund, after Midtrans refused it because the payment was not settled.
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

    /// Reads the section `midtrans`: `baseURL`, `serverKey`, `paymentToken`, `currency`, `timeout`, `settlementRetry`.
    public init(from section: Configuration) {
        let currency = section.currency(
            "currency", default: "IDR", help: "The currency in which Midtrans settles, as an ISO 4217 code.")
        self.init(
            baseURL: section.string(
                "baseURL", default: "https://api.midtrans.com", help: "The address of the interface of Midtrans."),
            serverKey: section.string(
                "serverKey", help: "The server key of the shop at Midtrans; it also verifies notifications."),
            cardToken: PaymentToken(section.string("paymentToken", help: "The card token that is charged.")),
            currency: currency,
            timeout: section.duration("timeout", default: .seconds(10), help: "The timeout of one call to Midtrans."),
            settlementRetry: section.duration(
                "settlementRetry", in: .seconds(1)...(.seconds(86_400)), default: .seconds(3600),
                help: "How long a partial refund waits that Midtrans refuses before the settlement."))
    }
}
