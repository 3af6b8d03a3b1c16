import Configuration

/// How the simulator plays Midtrans: `psp.midtrans` of the configuration. The key is a test key, of no worth elsewhere.
struct MidtransDialectSettings: Sendable {
    let serverKey: String
    /// Where notifications go; the shop's payment service where none is given.
    let notificationURL: String?
    /// After which time a card payment that was captured is settled; Midtrans does it on the next day.
    let settleAfter: Duration

    init(from section: Configuration) {
        serverKey = section.string(
            "serverKey", default: "SB-Mid-server-sambal", help: "The server key that the simulated Midtrans accepts.")
        notificationURL = section.optionalString(
            "notificationURL",
            help: .init("Where the simulated Midtrans sends notifications.", default: "the payment service of the shop")
        )
        settleAfter = section.duration(
            "settleAfter", default: .seconds(86_400), help: "How long after its capture a card payment is settled.")
        if notificationURL?.contains("://") == false { section.report("notificationURL", "must be an absolute URL") }
    }
}
