public import Configuration
public import Kernel
import Resilience
import ServiceHost

/// The `payment` section of the configuration.
public struct PaymentSettings: Sendable {
    /// For one call to the provider.
    public let providerTimeout: Duration
    /// When the provider is asked again about an attempt whose outcome is not known: after 2 s, 4 s, 8 s and then less and
    /// less often, for as long as it is not known.
    public let retry: RetryPolicy
    /// How often, and how soon, money that is to go back is asked for anew after the provider refused.
    public let giveBack: GiveBackPolicy
    /// After this time, a call whose error the provider stored and that it does not know is taken for never made.
    public let abandonAfter: Duration
    /// After this time, money that a callback tells of and that belongs to no payment becomes an operator task.
    public let unmatchedAfter: Duration
    /// How long the provider's confirmation is awaited before it is asked.
    public let confirmationTimeout: Duration
    public let resolveInterval: Duration
    /// After this an operator task is opened for what is still unknown.
    public let operatorAfter: Duration
    /// How long a reservation may wait for its capture.
    public let authorisationExpiry: Duration
    public let reconcileInterval: Duration
    /// How much is compared at a time, and how far a run goes back beyond the end of the last one.
    public let reconcileWindow: Duration
    public let reconcileOverlap: Duration
    public let maximumConcurrentCalls: Int
    /// How many calls may be under way beside them that nobody waits for: give-backs, look-ups, statements.
    public let unattendedCalls: Int
    let breaker: CircuitBreakerSettings
    var provider: ProviderChoice

    /// The longest that one call can take: waiting for its turn, and the provider's own time-out.
    var callLimit: Duration { max(providerTimeout, provider.timeout ?? .zero) + .seconds(5) }

    public init(from section: Configuration) {
        providerTimeout = section.duration("providerTimeout", default: .seconds(3))
        confirmationTimeout = section.duration("confirmationTimeout", default: .seconds(15))
        resolveInterval = section.duration("resolveInterval", default: .seconds(1))
        operatorAfter = section.duration("operatorAfter", default: .seconds(86_400))
        authorisationExpiry = section.duration("authorisationExpiry", default: .seconds(7 * 86_400))
        reconcileInterval = section.duration("reconcileInterval", default: .seconds(3600))
        reconcileWindow = section.duration("reconcileWindow", default: .seconds(86_400))
        reconcileOverlap = section.duration("reconcileOverlap", default: .seconds(3600))
        maximumConcurrentCalls = section.int("maximumConcurrentCalls", in: 1...10_000, default: 256)
        unattendedCalls = section.int("unattendedCalls", in: 1...10_000, default: min(64, maximumConcurrentCalls))
        let first = section.duration("retryDelay", default: .seconds(2))
        let count = section.int("retries", in: 1...10, default: 3)
        retry = RetryPolicy(
            maximumRetries: count, firstDelay: first,
            maximumDelay: max(section.duration("maximumRetryDelay", default: .seconds(300)), first),
            jitter: .around(0.25))
        giveBack = GiveBackPolicy(
            tries: section.int("refundTries", in: 1...20, default: 4),
            firstDelay: section.duration("refundRetryDelay", default: .seconds(30)))
        unmatchedAfter = section.duration("unmatchedAfter", default: .seconds(86_400))
        abandonAfter = section.duration("abandonAfter", default: .seconds(900))
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
        provider = ProviderChoice(from: section)
    }
}
