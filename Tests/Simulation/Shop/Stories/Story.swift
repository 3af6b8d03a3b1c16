import Kernel
import Simulation

/// Everything that happens in one world: the buyers and what they do with their orders, the provider's faults, and the
/// machines that die meanwhile.
struct Story: Sendable, Hashable {
    /// The services that take part.
    enum Cast: String, Sendable, Hashable, CaseIterable {
        /// Order, payment, delivery and the provider: where the money of an order moves.
        case money
        /// Product, customer and cart as well: stock is reserved and sold.
        case checkout
        /// Every service, and all requests come through the gateway.
        case shop
    }
    var cast = Cast.money
    var style = CheckoutPlan.Style.orchestrated
    /// On the shelf, where there is one.
    var pieces = 3
    var plots: [Plot] = []
    /// Lines of `psp.faults`.
    var faults: [String] = []
    var settings: [Setting] = []
    /// How long a message between two services takes at most.
    var latency: Duration = .zero
    /// Of a thousand calls so many break after the work was done.
    var lostAnswers = 0
    var deaths: [Death] = []

    /// A line of a service's section of the configuration.
    struct Setting: Sendable, Hashable {
        let section: String
        let line: String
    }

    /// A buyer, or a program that speaks to the payment service directly.
    struct Plot: Sendable, Hashable {
        enum Purchase: Sendable, Hashable {
            /// `POST /orders`, so many pieces.
            case order(Int)
            /// `POST /orders` of so many lines, one piece of each.
            case lines(Int)
            /// The checkout of a cart with one piece.
            case cart
            /// `POST /api/payments` with `capture: manual`, for an order that only the caller knows.
            case reservation
        }
        var begins: Duration = .zero
        var purchase: Purchase
        var acts: [Act] = []
        /// Sent twice at once, with one key.
        var isDoubled = false
        /// What must be left of it in the end, if the story knows.
        var ending: Ending?
        /// Left out by shrinking.
        var isSilent = false
    }

    /// Something that is done with what was bought.
    struct Act: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case cancel
            /// Minor units; `nil` for all that is left.
            case refund(Int64?)
            case returnGoods
            case ship, deliver
            /// The payment service's own routes.
            case capture, void
            case refundPayment(Int64?)
            /// Somebody does it at the provider, or the buyer's bank does.
            case provider(ProviderMove)
        }
        /// Counted from the answer to the purchase.
        var after: Duration
        var kind: Kind
        /// Sent so many times at once, with one key.
        var copies = 1
    }

    /// What the provider's administration can do to the charge of an order. None of it has a key.
    enum ProviderMove: Sendable, Hashable {
        /// Minor units; `nil` for all that is left.
        case refund(Int64?)
        /// Of a reservation.
        case cancel
        /// The bank takes the money back, or returns it.
        case withdraw, reinstate
        /// Lets the last refund fail after it was made.
        case failRefund
    }

    struct Ending: Sendable, Hashable {
        /// Minor units that the shop has.
        var kept: Int64
        /// The states that the order may have, or the payment where there is no order.
        var states: [String]
        /// Minor units that the shop has if the order was paid before it heard of a refusal; `nil` if it hears of none.
        var keptIfNotRefused: Int64?

        init(kept: Int64, states: [String], keptIfNotRefused: Int64? = nil) {
            (self.kept, self.states, self.keptIfNotRefused) = (kept, states, keptIfNotRefused)
        }
    }

    /// A process that is killed, and comes back.
    struct Death: Sendable, Hashable {
        enum Place: Sendable, Hashable {
            case step(Int)
            case beforeCommit(Int)
            case afterCommit(Int)
        }
        let service: String
        let place: Place
        let ending: SimulatedNetwork.Ending
        let downtime: Duration
    }
}

extension Story {
    static let price: Int64 = 1000

    /// Minor units that a plot is about.
    static func amount(of purchase: Plot.Purchase) -> Int64 {
        switch purchase {
        case .order(let pieces), .lines(let pieces): Int64(pieces) * price
        case .cart: Goods.price
        case .reservation: 5 * price
        }
    }

    var goods: Goods { Goods(pieces: pieces, customers: max(1, plots.filter { $0.purchase == .cart }.count)) }

    var scenario: Scenario {
        Scenario(name: "story", purchase: .story(self), faults: faults, latency: latency)
    }

    /// Whether only the provider's statement tells some of what happens in it: what nobody is called back about, and the
    /// amount of what was told wrongly.
    var readsTheStatement: Bool { has("callbacksOff") || has("wrongAmounts") }

    /// The sections of the services that take part.
    func yaml(of services: [String]) -> String {
        var sections: [String: [String]] = [:]
        // What is looked for regularly is looked for half as often: most of a story's time is spent so.
        sections = [
            "order": ["settleInterval: 2s", "saga: {interval: 2s}"],
            "payment": [
                "resolveInterval: 2s", "maximumRetryDelay: 20s", "refundRetryDelay: 20s", "abandonAfter: 60s",
            ],
        ]
        if readsTheStatement { sections["payment", default: []].append("reconcileInterval: 20s") }
        for setting in settings { sections[setting.section, default: []].append(setting.line) }
        sections["cart", default: []] += ["checkout: \(style.rawValue)", "wait: 500ms"]
        if !faults.isEmpty { sections["psp", default: []] += ["faults:"] + faults.map { "  \($0)" } }
        return sections.filter { services.contains($0.key) }.sorted { $0.key < $1.key }
            .map { "\($0.key):\n" + $0.value.map { "  \($0)\n" }.joined() }.joined()
    }
}
