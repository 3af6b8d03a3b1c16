import Configuration

/// How the simulator plays Stripe: `psp.stripe` of the configuration. The keys are test keys, of no worth elsewhere.
struct StripeDialectSettings: Sendable {
    let secretKey: String
    let webhookSecret: String
    /// Where events go; the shop's payment service where none is given.
    let webhookURL: String?

    init(from section: Configuration) {
        secretKey = section.string(
            "secretKey", default: "sk_test_sambal", help: "The secret key that the simulated Stripe accepts.")
        webhookSecret = section.string(
            "webhookSecret", default: "whsec_test_sambal",
            help: "The secret that the simulated Stripe signs events with.")
        webhookURL = section.optionalString(
            "webhookURL",
            help: .init("Where the simulated Stripe sends events.", default: "the payment service of the shop"))
        if webhookURL?.contains("://") == false { section.report("webhookURL", "must be an absolute URL") }
    }
}
