public import Configuration
import Resilience
import ServiceHost

/// What the `payment` section of the configuration says.
public struct PaymentSettings: Sendable {
    /// For one call to the provider.
    public let providerTimeout: Duration
    /// Between questions to the provider about an attempt whose outcome is not known; the last one repeats.
    public let retryDelays: [Duration]
    /// How long the provider's confirmation is awaited before it is asked.
    public let confirmationTimeout: Duration
    public let resolveInterval: Duration
    /// After this a person has to look at what is still unknown.
    public let operatorAfter: Duration
    /// How long a reservation may wait for its capture.
    public let authorisationExpiry: Duration
    public let reconcileInterval: Duration
    public let maximumConcurrentCalls: Int
    /// How many of them may be such that nobody waits for: choreographed orders, give-backs, look-ups.
    public let unattendedCalls: Int
    let breaker: CircuitBreakerSettings
    let provider: ProviderChoice

    /// The longest that one call can take: waiting for its turn, and the provider's own time-out.
    var callLimit: Duration { max(providerTimeout, provider.timeout ?? .zero) + .seconds(5) }

    public init(from section: Configuration) {
        providerTimeout = section.duration("providerTimeout", default: .seconds(3))
        confirmationTimeout = section.duration("confirmationTimeout", default: .seconds(15))
        resolveInterval = section.duration("resolveInterval", default: .seconds(1))
        operatorAfter = section.duration("operatorAfter", default: .seconds(86_400))
        authorisationExpiry = section.duration("authorisationExpiry", default: .seconds(7 * 86_400))
        reconcileInterval = section.duration("reconcileInterval", default: .seconds(3600))
        maximumConcurrentCalls = section.int("maximumConcurrentCalls", in: 1...10_000, default: 256)
        unattendedCalls = section.int("unattendedCalls", in: 1...10_000, default: min(64, maximumConcurrentCalls))
        let first = section.duration("retryDelay", default: .seconds(2))
        let count = section.int("retries", in: 1...10, default: 3)
        retryDelays = (0..<count).map { first * (1 << $0) }
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
        provider = ProviderChoice(from: section)
    }
}
