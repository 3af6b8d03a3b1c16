public import Configuration

/// What the configuration says about Toss Payments.
public struct TossSettings: Sendable {
    public let baseURL: String
    public let secretKey: String
    /// Toss' own name for the payment that its window made; the shop front hands it over.
    public let paymentKey: PaymentToken
    public let timeout: Duration
    /// How far back the statement goes.
    public let statementDays: Int

    public init(
        baseURL: String = "https://api.tosspayments.com", secretKey: String, paymentKey: PaymentToken,
        timeout: Duration = .seconds(30), statementDays: Int = 31
    ) {
        self.baseURL = baseURL
        self.secretKey = secretKey
        self.paymentKey = paymentKey
        self.timeout = timeout
        self.statementDays = statementDays
    }

    /// Of the `toss` section: `baseURL`, `secretKey`, `paymentToken`, `timeout`, `statementDays`.
    public init(from section: Configuration) {
        self.init(
            baseURL: section.string("baseURL", default: "https://api.tosspayments.com"),
            secretKey: section.string("secretKey"), paymentKey: PaymentToken(section.string("paymentToken")),
            timeout: section.duration("timeout", default: .seconds(30)),
            statementDays: section.int("statementDays", in: 1...366, default: 31))
    }
}
