/// The kinds of requests of a load test.
enum LoadAction: String, Sendable, CaseIterable {
    /// `POST /orders` with a new key.
    case order
    /// A cart, and its checkout.
    case checkout
    /// The cancellation of an order that this run has placed.
    case cancel
    /// The refund of a part of an order that this run has placed.
    case refund
    /// `GET /orders/{id}` of an order that this run has placed.
    case read
    /// A page of the dashboard.
    case list
    /// An order of this run again, with its key: the answer must name the same order.
    case `repeat`
}

/// The shares of the kinds of requests.
struct LoadMix: Sendable, Equatable {
    let shares: [(action: LoadAction, weight: Int)]

    static func == (one: LoadMix, other: LoadMix) -> Bool {
        one.shares.map(\.action) == other.shares.map(\.action) && one.shares.map(\.weight) == other.shares.map(\.weight)
    }

    /// Reads `order=70,read=25,cancel=5`; a kind alone has the weight 1. Throws `UsageError`.
    static func parse(_ text: String) throws -> LoadMix {
        var shares: [(action: LoadAction, weight: Int)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let names = LoadAction.allCases.map(\.rawValue).joined(separator: ", ")
            guard let action = LoadAction(rawValue: String(pieces[0])) else {
                throw UsageError("--mix knows \(names), not \(pieces[0])")
            }
            guard !shares.contains(where: { $0.action == action }) else {
                throw UsageError("--mix names \(action.rawValue) twice")
            }
            guard let weight = pieces.count == 1 ? 1 : Int(pieces[1]), (1...1000).contains(weight) else {
                throw UsageError("--mix needs a weight from 1 to 1000 for \(action.rawValue), not \(pieces[1])")
            }
            shares.append((action, weight))
        }
        return LoadMix(shares: shares)
    }

    func pick(_ random: UInt64) -> LoadAction {
        var rest = Int(random % UInt64(shares.reduce(0) { $0 + $1.weight }))
        for share in shares {
            rest -= share.weight
            if rest < 0 { return share.action }
        }
        return shares[0].action
    }

    var text: String { shares.map { "\($0.action.rawValue)=\($0.weight)" }.joined(separator: ",") }
}
