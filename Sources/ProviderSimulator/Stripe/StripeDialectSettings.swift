import Configuration

/// How the simulator plays Stripe: `psp.stripe` of the configuration. The keys are test keys, of no worth elsewhere.
struct StripeDialectSettings: Sendable {
    let secretKey: String
    let webhookSecret: String
    /// Where events go; the shop's payment service where none is given.
    let webhookURL: String?

    init(from section: Configuration) {
        secretKey = section.string("secretKey", default: "sk_test_sambal")
        webhookSecret = section.string("webhookSecret", default: "whsec_test_sambal")
        webhookURL = section.optionalString("webhookURL")
        if webhookURL?.contains("://") == false { section.report("webhookURL", "must be an absolute URL") }
    }
}
