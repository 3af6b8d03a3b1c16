public import Configuration
import HTTP
public import Kernel
import PaymentProviders
import Resilience
import ServiceHost

/// The `payment` section of the configuration.
public struct PaymentSettings: Sendable {
    /// The timeout of one call to the provider.
    public let providerTimeout: Duration
    /// When the provider is asked again about an attempt whose outcome is not known: after 2 s, 4 s, 8 s and then less and
    /// less often, for as long as it is not known.
    public let retry: RetryPolicy
    /// How often and when a refund that the provider refuses is attempted again.
    public let giveBack: GiveBackPolicy
    /// The time after which a call counts as never made, if the provider stored an error for it and does not know it.
    public let abandonAfter: Duration
    /// The time after which money that a callback reports, and that matches no payment, becomes an operator task.
    public let unmatchedAfter: Duration
    /// How long the provider's confirmation is awaited before it is asked.
    public let confirmationTimeout: Duration
    public let resolveInterval: Duration
    /// The time after which an operator task is opened for an outcome that is still unknown.
    public let operatorAfter: Duration
    /// How long a reservation may wait for its capture.
    public let authorisationExpiry: Duration
    public let reconcileInterval: Duration
    /// The period that is compared at a time, and how far a run goes back beyond the end of the last one.
    public let reconcileWindow: Duration
    public let reconcileOverlap: Duration
    public let maximumConcurrentCalls: Int
    /// How many calls that no caller waits for (refunds, look-ups, statements) may be under way beside those.
    public let unattendedCalls: Int
    let breaker: CircuitBreakerSettings
    var provider: ProviderChoice

    /// The longest that one call can take: waiting for its turn, and the provider's own timeout.
    var callLimit: Duration { max(providerTimeout, provider.timeout ?? .zero) + .seconds(5) }

    /// Returns when the provider is first asked about a call without an outcome, for example after the process died.
    func firstCheck(from now: Timestamp) -> Timestamp { now + callLimit + retry.firstDelay }

    public init(from section: Configuration) {
        providerTimeout = section.duration(
            "providerTimeout", default: .seconds(3),
            help: "The timeout of one call to the simulator; the other providers have their own.")
        confirmationTimeout = section.duration(
            "confirmationTimeout", default: .seconds(15),
            help: "How long the callback of the provider is awaited before the provider is asked.")
        resolveInterval = section.duration(
            "resolveInterval", default: .seconds(1),
            help: "How often the service looks for attempts whose outcome is not known.")
        operatorAfter = section.duration(
            "operatorAfter", default: .seconds(86_400),
            help: "How long an outcome may stay unknown before an operator task is opened.")
        authorisationExpiry = section.duration(
            "authorisationExpiry", default: .seconds(7 * 86_400),
            help: "How long an authorisation may wait for its capture before it is voided.")
        reconcileInterval = section.duration(
            "reconcileInterval", default: .seconds(3600), help: "How often ledger and statement are reconciled.")
        reconcileWindow = section.duration(
            "reconcileWindow", default: .seconds(86_400), help: "How much of the statement is compared at a time.")
        reconcileOverlap = section.duration(
            "reconcileOverlap", default: .seconds(3600),
            help: "How far a reconciliation goes back beyond the end of the last one.")
        maximumConcurrentCalls = section.int(
            "maximumConcurrentCalls", in: 1...10_000, default: 256,
            help: "How many calls to the provider are under way at once.")
        unattendedCalls = section.int(
            "unattendedCalls", in: 1...10_000, default: min(64, maximumConcurrentCalls),
            help: .init(
                "How many background calls (refunds, look-ups, statements) are under way beside those that a caller waits for.",
                default: "64, or `maximumConcurrentCalls` if that is less"))
        let first = section.duration(
            "retryDelay", default: .seconds(2),
            help:
                "The backoff before the provider is asked again about an outcome that is not known; it doubles each time."
        )
        let count = section.int(
            "retries", in: 1...10, default: 3, help: "Has no effect: the provider is asked until the outcome is known.")
        retry = RetryPolicy(
            maximumRetries: count, firstDelay: first,
            maximumDelay: max(
                section.duration("maximumRetryDelay", default: .seconds(300), help: "The cap of the backoff."), first),
            jitter: .around(0.25))
        giveBack = GiveBackPolicy(
            tries: section.int(
                "refundTries", in: 1...20, default: 4,
                help: "How often a refund is attempted that the provider refuses, before an operator task is opened."),
            firstDelay: section.duration(
                "refundRetryDelay", default: .seconds(30),
                help: "The backoff before a refused refund is attempted again; it doubles each time."))
        unmatchedAfter = section.duration(
            "unmatchedAfter", default: .seconds(86_400),
            help: "How long money that matches no payment waits before an operator task is opened.")
        abandonAfter = section.duration(
            "abandonAfter", default: .seconds(900),
            help:
                "How long a call is looked up that the provider answered with an error and does not know; then it counts as never made."
        )
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
        provider = ProviderChoice(from: section)
    }
}

/// The provider that moves the money, with its settings: `payment.provider` and the section of that name.
enum ProviderChoice: Sendable {
    case simulator
    case stripe(StripeSettings)
    case midtrans(MidtransSettings)
    case toss(TossSettings)
    /// A provider that the configuration cannot name.
    case given(any PaymentProvider)

    private static let names = ["simulator", "stripe", "midtrans", "toss"]

    init(from section: Configuration) {
        let name = section.choice(
            "provider", of: Self.names, default: "simulator",
            help: "The payment provider; its settings stand in the section of its name.")
        // The sections of the others may stand ready.
        for other in Self.names where other != name { section.accept(other) }
        switch name {
        case "stripe": self = .stripe(StripeSettings(from: section.section(name)))
        case "midtrans": self = .midtrans(MidtransSettings(from: section.section(name)))
        case "toss": self = .toss(TossSettings(from: section.section(name)))
        default: self = .simulator
        }
    }

    /// The destination's name in metrics and logs.
    var destination: String {
        switch self {
        case .simulator: "psp"
        case .stripe: "stripe"
        case .midtrans: "midtrans"
        case .toss: "toss"
        case .given(let provider): provider.name
        }
    }

    /// The timeout of the adapter; `nil` if it has none of its own.
    var timeout: Duration? {
        switch self {
        case .simulator, .given: nil
        case .stripe(let settings): settings.timeout
        case .midtrans(let settings): settings.timeout
        case .toss(let settings): settings.timeout
        }
    }

    /// Makes the adapter, behind a circuit breaker and a bulkhead. Background work has a breaker and a bulkhead of its
    /// own, so that its look-ups after an incident neither open the breaker of new payments nor take their places. No
    /// call is repeated here: a buyer waits for the calls of the foreground, and jobs ask again by themselves, durably.
    func adapter(
        _ context: ServiceEnvironment, _ settings: PaymentSettings, inBackground: Bool = false
    ) throws -> any PaymentProvider {
        let label = inBackground ? "-background" : ""
        let maximum = inBackground ? settings.unattendedCalls : settings.maximumConcurrentCalls
        switch self {
        case .simulator:
            let client = try context.client(
                for: "psp", label: "psp" + label, breaker: settings.breaker, retry: .never, maximumConcurrent: maximum)
            return SimulatorProvider(
                client: client, secret: try context.webhookSecret("psp"), timeout: settings.providerTimeout)
        case .given(let provider): return provider
        case .stripe(let stripe):
            return StripeProvider(stripe, transport: transport("stripe" + label, context, settings, maximum))
        case .midtrans(let midtrans):
            return MidtransProvider(midtrans, transport: transport("midtrans" + label, context, settings, maximum))
        case .toss(let toss):
            let loop = context.loop
            return TossProvider(
                toss, transport: transport("toss" + label, context, settings, maximum), now: { loop.now })
        }
    }

    private func transport(
        _ name: String, _ context: ServiceEnvironment, _ settings: PaymentSettings, _ maximum: Int
    ) -> any Transport {
        context.externalTransport(name, breaker: settings.breaker, retry: .never, maximumConcurrent: maximum)
    }
}
