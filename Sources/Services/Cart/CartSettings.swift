public import Configuration
public import Contracts
import Kernel
import Resilience
public import Saga
import ServiceHost

/// The `cart` section of the configuration.
public struct CartSettings: Sendable {
    /// The leader of new checkouts; those that run go on as they began.
    public let checkout: CheckoutStyle
    /// How long `POST /carts/{id}/checkout` waits for the end before it answers 202.
    public let wait: Duration
    /// How long a checkout waits for the provider's confirmation before it is taken back.
    public let paymentPatience: Duration
    /// How long a cart that is asked for waits for its prices.
    public let priceTimeout: Duration
    public let sagas: SagaSettings
    /// The circuit breaker on the way to product's prices.
    let breaker: CircuitBreakerSettings

    /// The retention of a checkout's key: longer than its saga and the withdrawal of its order can take.
    static let keyRetention = Duration.seconds(62 * 86_400)

    public init(from section: Configuration) {
        checkout = section.choice(
            "checkout", default: .orchestrated,
            help: "Whether the cart service runs the checkout saga, or the services follow each other by events.")
        wait = section.duration(
            "wait", default: .seconds(5),
            help: "How long `POST /carts/{id}/checkout` waits for the end before it answers 202.")
        paymentPatience = section.duration(
            "paymentPatience", default: .seconds(15 * 60),
            help: "How long a checkout waits for the confirmation of the payment before it compensates.")
        priceTimeout = section.duration(
            "priceTimeout", default: .seconds(1),
            help: "The timeout of the call that asks product for the prices of a cart.")
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
        sagas = SagaSettings(from: section.section("saga"))
    }
}
