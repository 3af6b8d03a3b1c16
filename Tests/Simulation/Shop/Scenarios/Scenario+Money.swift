extension Scenario {
    /// Orders and payments whose money moves more than once, each by a story without chance.
    static let money = [
        order("refund-whole", [.init(after: .seconds(1), kind: .refund(nil))], kept: 0, "REFUNDED"),
        order("refund-part", [.init(after: .seconds(1), kind: .refund(400))], kept: 600, "PARTIALLY_REFUNDED"),
        order(
            "refund-several",
            [
                .init(after: .seconds(1), kind: .refund(300), copies: 2), .init(after: .seconds(1), kind: .refund(200)),
                .init(after: .seconds(2), kind: .refund(nil)),
            ], kept: 0, "REFUNDED"),
        order(
            "refund-lost-reply", [.init(after: .seconds(1), kind: .refund(400))],
            faults: ["lostReplies: 1", "actions: [refund]"], kept: 600, "PARTIALLY_REFUNDED"),
        order("order-cancelled", [.init(after: .seconds(1), kind: .cancel)], kept: 0, "CANCELLED"),
        order(
            "shipped-and-refunded",
            [.init(after: .seconds(1), kind: .ship), .init(after: .seconds(2), kind: .refund(400))], kept: 600,
            "PARTIALLY_REFUNDED", "SHIPPED"),
        // No order stands behind it: what is captured goes back.
        reservation("captured", [.init(after: .seconds(1), kind: .capture)], kept: 0, "REFUNDED"),
        reservation("voided", [.init(after: .seconds(1), kind: .void)], kept: 0, "CANCELLED"),
        reservation(
            "captured-and-refunded",
            [.init(after: .seconds(1), kind: .capture), .init(after: .seconds(2), kind: .refundPayment(nil))], kept: 0,
            "REFUNDED"),
    ]

    /// Money that moves without having been asked for here, or later than anybody waits.
    static let unasked = [
        order(
            "provider-refunds-whole", [.init(after: .seconds(1), kind: .provider(.refund(nil)))], kept: 0, "REFUNDED"),
        order(
            "provider-refunds-part", [.init(after: .seconds(1), kind: .provider(.refund(400)))], kept: 600,
            "PARTIALLY_REFUNDED"),
        reservation("provider-cancels", [.init(after: .seconds(1), kind: .provider(.cancel))], kept: 0, "CANCELLED"),
        order("bank-takes-back", [.init(after: .seconds(1), kind: .provider(.withdraw))], kept: 0, "DISPUTED"),
        order(
            "refund-fails-later",
            [.init(after: .seconds(1), kind: .refund(400)), .init(after: .seconds(3), kind: .provider(.failRefund))],
            kept: 1000, "PAID"),
        // Where payment dies with the refusal, the late success may be the first that it hears.
        scenario(
            "late-after-refusal", .order(1), [], ["declinesFirst: 1 time", "lateAfter: 2s"], 0, ["CANCELLED"],
            keptIfNotRefused: 1000),
        order(
            "late-after-cancellation", [.init(after: .milliseconds(500), kind: .cancel)],
            faults: ["lateCaptures: 1 time", "lateAfter: 3s"], kept: 0, "CANCELLED"),
    ]

    private static func order(
        _ name: String, _ acts: [Story.Act], faults: [String] = [], kept: Int64, _ states: String...
    ) -> Scenario {
        scenario(name, .order(1), acts, faults, kept, states)
    }

    private static func reservation(_ name: String, _ acts: [Story.Act], kept: Int64, _ states: String...) -> Scenario {
        scenario(name, .reservation, acts, [], kept, states)
    }

    private static func scenario(
        _ name: String, _ purchase: Story.Plot.Purchase, _ acts: [Story.Act], _ faults: [String], _ kept: Int64,
        _ states: [String], keptIfNotRefused: Int64? = nil
    ) -> Scenario {
        var story = Story()
        story.plots = [
            .init(
                purchase: purchase, acts: acts,
                ending: .init(kept: kept, states: states, keptIfNotRefused: keptIfNotRefused))
        ]
        story.faults = faults
        return Scenario(name: name, purchase: .story(story))
    }
}
