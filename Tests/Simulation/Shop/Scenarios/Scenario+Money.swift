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
        reservation("captured", [.init(after: .seconds(1), kind: .capture)], kept: 5000, "CAPTURED"),
        reservation("voided", [.init(after: .seconds(1), kind: .void)], kept: 0, "CANCELLED"),
        reservation(
            "captured-and-refunded",
            [.init(after: .seconds(1), kind: .capture), .init(after: .seconds(2), kind: .refundPayment(nil))], kept: 0,
            "REFUNDED"),
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
        _ states: [String]
    ) -> Scenario {
        var story = Story()
        story.plots = [.init(purchase: purchase, acts: acts, ending: .init(kept: kept, states: states))]
        story.faults = faults
        return Scenario(name: name, purchase: .story(story))
    }
}
