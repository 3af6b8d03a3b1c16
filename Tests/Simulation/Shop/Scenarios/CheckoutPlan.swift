/// How the customers of a scenario buy.
enum Purchase: Sendable, Hashable {
    /// One product each, by `POST /orders`.
    case order
    /// What is in their carts.
    case checkout(CheckoutPlan)
    /// Each as the story has it.
    case story(Story)
}

/// What is there before the first checkout begins.
struct Goods: Sendable, Hashable {
    /// Of one product at one branch.
    var pieces = 3
    /// With a cart each, of one piece.
    var customers = 1
    var hasAddresses = true

    /// Of one piece, in minor units.
    static let price: Int64 = 1000
}

/// Customers who check out a cart each, and how that must end.
struct CheckoutPlan: Sendable, Hashable {
    enum Style: String, Sendable, CaseIterable {
        /// Cart asks the others, step by step.
        case orchestrated
        /// Nobody leads: each service acts on the events of the others.
        case choreographed
    }
    let style: Style
    let goods: Goods
    /// Between one customer and the next.
    var interval: Duration = .zero
    /// How long a payment may take; as the product has it where there is none.
    var paymentPatience: Duration?
    /// Each customer cancels the order once it is paid.
    var cancels = false
    /// How many checkouts complete; `nil` where that depends.
    var completed: Int?
    /// Why the others fail: `CheckoutFailure` of the contracts.
    var failure: String?

    init(_ style: Style, _ goods: Goods = Goods()) {
        self.style = style
        self.goods = goods
    }
}
