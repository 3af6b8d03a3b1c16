import PaymentProviders
import PlatformTestSupport

/// Something that befalls a payment. Attempts are named by number, so that any part of a sequence is a sequence too: what
/// speaks of an attempt that is not there must change nothing.
enum PaymentEvent: Sendable, Hashable {
    enum News: CaseIterable, Sendable {
        case accepted, unknown, storedError, succeeded, refused
    }
    /// `amount` may be too much or too little.
    case begin(ProviderAction, amount: Int64, isExpiry: Bool)
    /// `isConfirmed`: the provider was asked, rather than told it.
    case settle(attempt: Int, News, isConfirmed: Bool)
    case withdraw(attempt: Int)
    /// Somebody wants all of it back.
    case cancel
    /// The provider moved money without having been asked from here.
    case adopt(ProviderAction, amount: Int64)
    /// A minute passes.
    case wait

    static func random(using random: inout SeededRandom, amount: Int64) -> PaymentEvent {
        let amounts = [amount, amount / 2, amount / 3, 1, amount &+ 1, 0, -1]
        let (action, some) = (
            ProviderAction.allCases.randomElement(using: &random) ?? .charge,
            amounts.randomElement(using: &random) ?? amount
        )
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<4: return .begin(action, amount: some, isExpiry: Bool.random(using: &random))
        case 4:
            return Int.random(in: 0..<3, using: &random) == 0
                ? .cancel : .withdraw(attempt: Int.random(in: 0..<6, using: &random))
        case 5: return .adopt(action, amount: Bool.random(using: &random) ? amount : some)
        case 6: return .wait
        default:
            return .settle(
                attempt: Int.random(in: 0..<6, using: &random),
                // Successes twice as often as the rest: a payment should get somewhere.
                Bool.random(using: &random) ? .succeeded : News.allCases.randomElement(using: &random) ?? .unknown,
                isConfirmed: Bool.random(using: &random))
        }
    }

    static func sequence(seed: UInt64, amount: Int64) -> [PaymentEvent] {
        var random = SeededRandom(seed: seed)
        // Begun first, mostly: the others end soon.
        let first: [ProviderAction] = [.charge, .authorise]
        let start: [PaymentEvent] =
            Int.random(in: 0..<8, using: &random) == 0
            ? [] : [.begin(first.randomElement(using: &random) ?? .charge, amount: amount, isExpiry: false)]
        let length = Int.random(in: 1...16, using: &random)
        return start + (0..<length).map { _ in .random(using: &random, amount: amount) }
    }
}
