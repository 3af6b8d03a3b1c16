public import Configuration
public import Contracts
import Kernel
public import Saga

/// What the `cart` section of the configuration says.
public struct CartSettings: Sendable {
    /// Who leads new checkouts; those that run go on as they began.
    public let checkout: CheckoutStyle
    /// How long `POST /carts/{id}/checkout` waits for the end before it answers 202.
    public let wait: Duration
    /// How long a checkout waits for the provider's confirmation before it is taken back.
    public let paymentPatience: Duration
    public let sagas: SagaSettings

    public init(from section: Configuration) {
        checkout = section.choice("checkout", default: .orchestrated)
        wait = section.duration("wait", default: .seconds(5))
        paymentPatience = section.duration("paymentPatience", default: .seconds(15 * 60))
        sagas = SagaSettings(from: section.section("saga"))
    }
}
