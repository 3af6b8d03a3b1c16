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

    private static let names = ["simulator", "stripe", "midtrans", "toss"]

    init(from section: Configuration) {
        let name = section.choice("provider", of: Self.names, default: "simulator")
        // The sections of the others may stand ready.
        for other in Self.names where other != name { section.accept(other) }
        switch name {
        case "stripe": self = .stripe(StripeSettings(from: section.section(name)))
        case "midtrans": self = .midtrans(MidtransSettings(from: section.section(name)))
        case "toss": self = .toss(TossSettings(from: section.section(name)))
        default: self = .simulator
        }
    }

    /// Of the adapter, where it has its own.
    var timeout: Duration? {
        switch self {
        case .simulator: nil
        case .stripe(let settings): settings.timeout
        case .midtrans(let settings): settings.timeout
        case .toss(let settings): settings.timeout
        }
    }

    /// The adapter, behind the circuit breaker and the bulkhead of the payment service.
    func adapter(_ context: ServiceContext, _ settings: PaymentSettings) throws -> any PaymentProvider {
        switch self {
        case .simulator:
            let peer = try context.peer(
                "psp", breaker: settings.breaker, maximumConcurrent: settings.maximumConcurrentCalls)
            return SimulatorProvider(
                peer: peer, secret: try context.webhookSecret("psp"), timeout: settings.providerTimeout)
        case .stripe(let stripe):
            return StripeProvider(stripe, transport: outside("stripe", context, settings))
        case .midtrans(let midtrans):
            return MidtransProvider(midtrans, transport: outside("midtrans", context, settings))
        case .toss(let toss):
            let loop = context.loop
            return TossProvider(toss, transport: outside("toss", context, settings), now: { loop.now })
        }
    }

    private func outside(_ name: String, _ context: ServiceContext, _ settings: PaymentSettings) -> any Transport {
        context.outside(name, breaker: settings.breaker, maximumConcurrent: settings.maximumConcurrentCalls)
    }
}
