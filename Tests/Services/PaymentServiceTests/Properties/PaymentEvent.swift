import PaymentProviders
import PlatformTestSupport

/// Something that befalls a payment. Attempts are named by number, so that any part of a sequence is a sequence too: what
/// speaks of an attempt that is not there must change nothing.
enum PaymentEvent: Sendable, Hashable {
    enum News: CaseIterable, Sendable {
        case accepted, unknown, succeeded, refused
    }
    /// `amount` may be too much or too little.
    case begin(ProviderAction, amount: Int64, isExpiry: Bool)
    case settle(attempt: Int, News)
    case withdraw(attempt: Int)
    /// Somebody wants all of it back.
    case cancel

    static func random(using random: inout SeededRandom, amount: Int64) -> PaymentEvent {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            let amounts = [amount, amount / 2, amount / 3, 1, amount &+ 1, 0, -1]
            return .begin(
                ProviderAction.allCases.randomElement(using: &random) ?? .charge,
                amount: amounts.randomElement(using: &random) ?? amount, isExpiry: Bool.random(using: &random))
        case 4:
            return Int.random(in: 0..<3, using: &random) == 0
                ? .cancel : .withdraw(attempt: Int.random(in: 0..<6, using: &random))
        default:
            return .settle(
                attempt: Int.random(in: 0..<6, using: &random),
                // Successes twice as often as the rest: a payment should get somewhere.
                Bool.random(using: &random) ? .succeeded : News.allCases.randomElement(using: &random) ?? .unknown)
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
