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
        checkout = section.choice("checkout", default: .orchestrated)
        wait = section.duration("wait", default: .seconds(5))
        paymentPatience = section.duration("paymentPatience", default: .seconds(15 * 60))
        priceTimeout = section.duration("priceTimeout", default: .seconds(1))
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
        sagas = SagaSettings(from: section.section("saga"))
    }
}
