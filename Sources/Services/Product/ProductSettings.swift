import Configuration
import Kernel

/// The `product` section of the configuration.
struct ProductSettings: Sendable {
    /// The currency of products that name no other.
    let currency: Currency
    /// How long stock is reserved for an order that names no time.
    let reservationExpiry: Duration
    /// How often expired reservations are looked for.
    let expiryInterval: Duration

    init(from section: Configuration) {
        currency = section.currency(
            "currency", default: "KRW", help: "The currency of products that name no other, as an ISO 4217 code.")
        reservationExpiry = section.duration(
            "reservationExpiry", in: .seconds(1) ... .seconds(30 * 86_400), default: .seconds(30 * 60),
            help: "How long stock stays reserved if the order asks for no other time.")
        expiryInterval = section.duration(
            "expiryInterval", in: .milliseconds(10) ... .seconds(3600), default: .seconds(5),
            help: "How often the service looks for expired reservations.")
    }
}
