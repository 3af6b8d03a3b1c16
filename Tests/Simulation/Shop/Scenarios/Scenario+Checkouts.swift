extension Scenario {
    /// Customers who check out a cart, in either style.
    static let checkouts = CheckoutPlan.Style.allCases.flatMap(checkouts)
    static let plainCheckouts = CheckoutPlan.Style.allCases.map { checkout($0, "plain", completed: 1) }

    private static func checkouts(_ style: CheckoutPlan.Style) -> [Scenario] {
        // A reservation that is over before the provider confirms what was paid for it.
        let expiring = "product:\n  reservationExpiry: 1s\n  expiryInterval: 500ms\n"
        return [
            checkout(style, "plain", completed: 1),
            checkout(style, "refusal", faults: ["refusals: 1"], completed: 0, failure: "PAYMENT_DECLINED"),
            checkout(style, "lost-reply", faults: ["lostReplies: 1"], completed: 1),
            checkout(style, "out-of-stock", Goods(pieces: 1, customers: 2), completed: 1, failure: "OUT_OF_STOCK"),
            checkout(style, "no-address", Goods(hasAddresses: false), completed: 0, failure: "NO_ADDRESS"),
            checkout(style, "expired", faults: ["callbackDelay: 2500ms"], more: expiring, completed: 1),
            checkout(
                style, "expired-and-sold", Goods(pieces: 1, customers: 2), interval: .seconds(2),
                faults: ["callbackDelay: 2500ms"], more: expiring, completed: 1, failure: "OUT_OF_STOCK"),
            // Paid too late for its checkout: the money goes back.
            checkout(
                style, "timed-out", faults: ["callbackDelay: 2500ms"], patience: .seconds(1), completed: nil,
                failure: "TIMED_OUT"),
            // Taken by the provider long after the checkout was given up.
            checkout(
                style, "late-after-expiry", faults: ["lateCaptures: 1 time", "lateAfter: 4s"], patience: .seconds(1),
                completed: nil, failure: "TIMED_OUT"),
            checkout(style, "cancelled", cancels: true, completed: 1),
        ]
    }

    private static func checkout(
        _ style: CheckoutPlan.Style, _ name: String, _ goods: Goods = Goods(), interval: Duration = .zero,
        faults: [String] = [], more: String = "", patience: Duration? = nil, cancels: Bool = false, completed: Int?,
        failure: String? = nil
    ) -> Scenario {
        var plan = CheckoutPlan(style, goods)
        plan.interval = interval
        plan.paymentPatience = patience
        plan.cancels = cancels
        plan.completed = completed
        plan.failure = failure
        return Scenario(name: "\(style.rawValue)-\(name)", purchase: .checkout(plan), faults: faults, more: more)
    }
}
