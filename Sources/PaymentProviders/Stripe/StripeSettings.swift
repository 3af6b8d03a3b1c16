public import Configuration

/// The settings of Stripe.
public struct StripeSettings: Sendable {
    public let baseURL: String
    public let secretKey: String
    /// The signing secrets of the webhook endpoint. There are two while a secret is being replaced.
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

    /// Reads the section `stripe`: `baseURL`, `secretKey`, `webhookSecret`, `previousWebhookSecret`, `paymentToken`,
    /// `timeout`.
    public init(from section: Configuration) {
        self.init(
            baseURL: section.string(
                "baseURL", default: "https://api.stripe.com", help: "The address of the interface of Stripe."),
            secretKey: section.string("secretKey", help: "The secret key of the shop at Stripe."),
            webhookSecrets: [section.string("webhookSecret", help: "The signing secret of the webhook endpoint.")]
                + [
                    section.optionalString(
                        "previousWebhookSecret",
                        help: "The signing secret before the current one, accepted while a secret is being rolled.")
                ].compactMap { $0 },
            paymentMethod: PaymentToken(
                section.string("paymentToken", default: "pm_card_visa", help: "The payment method that is charged.")),
            timeout: section.duration("timeout", default: .seconds(10), help: "The timeout of one call to Stripe."))
    }
}
