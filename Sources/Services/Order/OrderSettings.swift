public import Configuration
public import Kernel
import Resilience
import Saga
import ServiceHost

/// The `order` section of the configuration.
public struct OrderSettings: Sendable {
    public enum Payment: String, Sendable, CaseIterable {
        /// `POST /orders` asks payment and answers with what came of it.
        case synchronous
        /// `POST /orders` only accepts; no payment is asked for. For measuring the acceptance alone.
        case off
    }
    public enum Idempotency: String, Sendable, CaseIterable {
        case on
        /// The key is not looked at: a repetition is another order. For measuring what the key costs.
        case off
    }
    public enum Prices: String, Sendable, CaseIterable {
        /// A product that is known at the branch costs what product says: 409 if the order says something else.
        case catalogue
        /// As the order says: for callers that are trusted with prices.
        case given
    }
    public let prices: Prices
    /// How long product has to tell its prices.
    public let priceTimeout: Duration
    public let payment: Payment
    public let idempotency: Idempotency
    public let paymentTimeout: Duration
    public let currency: Currency
    public let settleAfter: Duration
    /// How long an order waits until it is known whether it is paid.
    public let paymentDeadline: Duration
    public let settleInterval: Duration
    let breaker: CircuitBreakerSettings

    /// The retention of an order's key: longer than its payment and its cancellation can take.
    static let keyRetention = Duration.seconds(62 * 86_400)
    let sagas: SagaSettings

    public init(from section: Configuration) {
        payment = section.choice(
            "payment", default: .synchronous,
            help:
                "Whether `POST /orders` requests the payment and waits for its outcome; `off` only accepts, for measurements."
        )
        prices = section.choice(
            "prices", default: .given,
            help:
                "Whether an order is taken at the price it states, or is refused with 409 if the catalogue has another."
        )
        priceTimeout = section.duration(
            "priceTimeout", default: .seconds(2), help: "The timeout of the call that asks product for prices.")
        idempotency = section.choice(
            "idempotency", default: .on, help: "Whether `Idempotency-Key` is honoured; `off` is for measurements.")
        paymentTimeout = section.duration(
            "paymentTimeout", default: .seconds(5),
            help: "The timeout of the call to payment; after it the outcome is not known and the order stays pending.")
        currency = section.currency(
            "currency", default: "KRW", help: "The currency of orders that name no other, as an ISO 4217 code.")
        paymentDeadline = section.duration(
            "paymentDeadline", in: .seconds(10) ... .seconds(30 * 86_400), default: .seconds(15 * 60),
            help: "How long an order waits for its payment before it is cancelled.")
        settleAfter = section.duration(
            "settleAfter", default: .seconds(10),
            help: "How long a pending payment is left alone before it is settled in the background.")
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
        sagas = SagaSettings(from: section.section("saga"))
        settleInterval = section.duration(
            "settleInterval", default: .seconds(1), help: "How often the service looks for pending payments to settle.")
    }
}
