import Configuration

/// How the simulator plays Midtrans: `psp.midtrans` of the configuration. The key is a test key, of no worth elsewhere.
struct MidtransDialectSettings: Sendable {
    let serverKey: String
    /// Where notifications go; the shop's payment service where none is given.
    let notificationURL: String?
    /// After which time a card payment that was captured is settled; Midtrans does it on the next day.
    let settleAfter: Duration

    init(from section: Configuration) {
        serverKey = section.string("serverKey", default: "SB-Mid-server-sambal")
        notificationURL = section.optionalString("notificationURL")
        settleAfter = section.duration("settleAfter", default: .seconds(86_400))
        if notificationURL?.contains("://") == false { section.report("notificationURL", "must be an absolute URL") }
    }
}
