import HTTP

/// A request that is right in the shop of `PreparedShop`: placeholders in braces stand for what was made there.
struct Errand: Sendable, CustomStringConvertible {
    /// Something that has to be there beside goods, a customer, a cart and, where the request names them, an order, its
    /// payment and its delivery.
    enum Preparation: Sendable {
        case shipped
        /// A saga that cannot go on, since that service is away: `{saga}`.
        case cancellation, refund, checkout, checkoutTakenBack
        /// A decision that waits for a person: `{task}`.
        case orderTask, paymentTask
        /// An event that was set aside by delivery: `{letter}`.
        case deadLetter
        /// A difference between the books and the statement: `{difference}`.
        case difference
        /// A charge of which the provider has not told yet: `{charge}`.
        case untoldCharge
    }
    let service: String
    let method: HTTPMethod
    let path: String
    var body = ""
    /// Whether it is sent with an `Idempotency-Key`.
    var isKeyed = false
    var preparation: Preparation?
    /// Whether it changes nothing that is stored.
    var storesNothing = false

    var description: String { "\(service): \(method) \(path)\(isKeyed ? " with a key" : "")" }
    var isCallback: Bool { preparation == .untoldCharge }

    static let all = orders + payments + goods + customers + carts + deliveries + operators + messages
}

extension Errand {
    /// Tells whether the request goes to the route of that pattern, among the patterns of its service.
    func goes(to pattern: String, among patterns: [String]) -> Bool {
        func literals(_ pattern: String) -> Int? {
            let (parts, own) = (pattern.split(separator: "/"), path.prefix { $0 != "?" }.split(separator: "/"))
            guard parts.count == own.count else { return nil }
            var count = 0
            for (part, mine) in zip(parts, own) where !part.hasPrefix("{") {
                guard part == mine else { return nil }
                count += 1
            }
            return count
        }
        guard let mine = literals(pattern) else { return false }
        return patterns.compactMap(literals).max() == mine
    }
}
