public import Configuration

/// The settings of Toss Payments.
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

    /// Reads the section `toss`: `baseURL`, `secretKey`, `paymentToken`, `timeout`, `statementDays`.
    public init(from section: Configuration) {
        self.init(
            baseURL: section.string(
                "baseURL", default: "https://api.tosspayments.com",
                help: "The address of the interface of Toss Payments."),
            secretKey: section.string("secretKey", help: "The secret key of the shop at Toss Payments."),
            paymentKey: PaymentToken(
                section.string(
                    "paymentToken",
                    help: "The payment key that is charged if an order brings none; the shop front hands it over.")),
            timeout: section.duration(
                "timeout", default: .seconds(30), help: "The timeout of one call to Toss Payments."),
            statementDays: section.int(
                "statementDays", in: 1...366, default: 31,
                help: .init("How far back the statement for reconciliation goes.", unit: "days")))
    }
}
