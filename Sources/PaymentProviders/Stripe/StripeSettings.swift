public import Configuration

/// What the configuration says about Stripe.
public struct StripeSettings: Sendable {
    public let baseURL: String
    public let secretKey: String
    /// Of the webhook endpoint; two while a secret is being rolled.
    public let webhookSecrets: [String]
    public let paymentMethod: PaymentToken
    public let timeout: Duration

    public init(
        baseURL: String = "https://api.stripe.com", secretKey: String, webhookSecrets: [String],
        paymentMethod: PaymentToken = PaymentToken("pm_card_visa"), timeout: Duration = .seconds(10)
    ) {
        self.baseURL = baseURL
        self.secretKey = secretKey
        self.webhookSecrets = webhookSecrets
        self.paymentMethod = paymentMethod
        self.timeout = timeout
    }

    /// Of the `stripe` section: `baseURL`, `secretKey`, `webhookSecret`, `previousWebhookSecret`, `paymentToken`,
    /// `timeout`.
    public init(from section: Configuration) {
        self.init(
            baseURL: section.string("baseURL", default: "https://api.stripe.com"),
            secretKey: section.string("secretKey"),
            webhookSecrets: [section.string("webhookSecret")]
                + [section.optionalString("previousWebhookSecret")].compactMap { $0 },
            paymentMethod: PaymentToken(section.string("paymentToken", default: "pm_card_visa")),
            timeout: section.duration("timeout", default: .seconds(10)))
    }
}
