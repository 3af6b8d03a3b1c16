import Configuration
import HTTP
import Kernel
import PaymentProviders
import ServiceHost

/// Which provider moves the money, with its settings: `payment.provider` and the section of that name.
enum ProviderChoice: Sendable {
    case simulator
    case stripe(StripeSettings)
    case midtrans(MidtransSettings)
    case toss(TossSettings)
    /// One that the configuration cannot name.
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

    /// The adapter, behind a circuit breaker and a bulkhead. Work in the background has its own, so that look-ups of an
    /// incident that is over neither open the breaker of new payments nor take their places. No call is repeated here:
    /// a buyer waits for those of the foreground, and jobs ask again themselves, durably.
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
