import Kernel
import Simulation

extension Story {
    /// The story of a seed. A tenth is told by the whole shop, three by those who take part in a checkout, and six by
    /// those who move money, which costs a quarter as much.
    static func random(_ seed: UInt64) -> Story {
        var dice = Dice(SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1))
        return dice.story()
    }
}

/// Draws a story.
private struct Dice {
    private var numbers: SplitMix64

    init(_ numbers: SplitMix64) {
        self.numbers = numbers
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &numbers) }
    private mutating func one<Value>(of values: [Value]) -> Value { values.randomElement(using: &numbers)! }
    /// True in one of so many cases.
    private mutating func happens(oneIn cases: Int) -> Bool { number(1...cases) == 1 }

    mutating func story() -> Story {
        var story = Story()
        let draw = number(1...10)
        story.cast = draw == 1 ? .shop : draw <= 4 ? .checkout : .money
        story.style = one(of: CheckoutPlan.Style.allCases)
        story.plots = (0..<one(of: [1, 1, 1, 2, 2, 3])).map { _ in plot(story.cast) }
        story.faults = faults()
        if happens(oneIn: 4) { story.latency = .milliseconds(one(of: [5, 50, 500])) }
        if happens(oneIn: 5) { story.lostAnswers = one(of: [30, 150]) }
        story.settings = settings(story.cast)
        if !story.readsTheStatement, happens(oneIn: 4) {
            story.settings.append(.init(section: "payment", line: "reconcileInterval: 15s"))
        }
        let services = ["order", "payment", "delivery", "psp"] + (story.cast == .money ? [] : ["product", "cart"])
        story.deaths = (0..<one(of: [0, 0, 1, 1, 2, 3])).map { _ in death(services) }
        return story
    }

    private mutating func plot(_ cast: Story.Cast) -> Story.Plot {
        var plot = Story.Plot(purchase: .order(number(1...10)))
        if cast != .money, !happens(oneIn: 4) {
            plot.purchase = .cart
        } else if happens(oneIn: 5) {
            plot.purchase = .reservation
        }
        if case .order = plot.purchase, happens(oneIn: 4) { plot.purchase = .lines(number(2...3)) }
        plot.isDoubled = happens(oneIn: 5)
        plot.begins = .milliseconds(one(of: [0, 0, number(0...3000)]))
        let amount = Int(Story.amount(of: plot.purchase))
        plot.acts = (0..<one(of: [0, 1, 1, 2, 2, 3, 4])).map { _ in
            // Now and then the same in several acts: a refund is not told from another one by its amount then.
            let part = Int64(happens(oneIn: 3) ? max(1, amount / 4) : number(1...max(1, amount / 2)))
            let kind: Story.Act.Kind =
                if plot.purchase == .reservation {
                    one(of: [
                        .capture, .capture, .void, .refundPayment(nil), .refundPayment(part), .provider(.cancel),
                        move(part),
                    ])
                } else {
                    one(of: [
                        .cancel, .cancel, .refund(nil), .refund(part), .refund(part), .refund(part), .ship, .ship,
                        .deliver, .returnGoods, move(part),
                    ])
                }
            return Story.Act(
                after: .milliseconds(one(of: [0, number(0...500), number(0...5000), number(0...12_000)])), kind: kind,
                copies: happens(oneIn: 4) ? 2 : 1)
        }
        return plot
    }

    /// What happens at the provider's side.
    private mutating func move(_ part: Int64) -> Story.Act.Kind {
        .provider(
            one(of: [.refund(nil), .refund(part), .refund(part), .withdraw, .reinstate, .failRefund, .failRefund]))
    }

    private mutating func faults() -> [String] {
        var faults: [String] = []
        guard !happens(oneIn: 4) else { return faults }
        for fault in ["lostReplies", "serverErrors", "serverErrorsAfter", "rateLimited", "hangs"]
        where happens(oneIn: 5) {
            faults.append("\(fault): \(one(of: ["0.3", "1 time", "3 times"]))")
        }
        for fault in ["refusals", "lateRefusals"] where happens(oneIn: 8) {
            faults.append("\(fault): \(one(of: ["0.5", "1 time"]))")
        }
        for fault in [
            "lateCaptures", "declinesFirst", "pendingRefunds", "refundFailsLater", "unavailable", "wrongAmounts",
            "wrongOrders",
        ]
        where happens(oneIn: 10) {
            faults.append("\(fault): \(one(of: ["0.5", "1 time"]))")
        }
        if happens(oneIn: 3) { faults.append("lateAfter: \(one(of: [1, 8]))s") }
        for fault in ["wrongSignatures", "staleCallbacks", "reorderedCallbacks"] where happens(oneIn: 6) {
            faults.append("\(fault): 0.5")
        }
        if happens(oneIn: 6) { faults.append("callbackDeliveries: \(number(2...5))") }
        if happens(oneIn: 6) { faults.append("callbackDelay: \(one(of: [200, 2500, 20_000]))ms") }
        if happens(oneIn: 6) { faults.append("callbacksOff: true") }
        // A provider that refuses to give money back leaves that to a person, mostly.
        if faults.contains(where: { $0.lowercased().contains("refusals") }), !happens(oneIn: 4) {
            faults.append("actions: [charge, authorise]")
        }
        return faults
    }

    private mutating func settings(_ cast: Story.Cast) -> [Story.Setting] {
        var settings: [Story.Setting] = []
        func set(_ section: String, _ line: String) { settings.append(.init(section: section, line: line)) }
        if happens(oneIn: 3) { set("psp", "confirmation: answer") }
        if happens(oneIn: 4) { set("order", "paymentTimeout: \(one(of: [200, 1000]))ms") }
        if happens(oneIn: 4) { set("order", "paymentDeadline: \(one(of: [10, 20]))s") }
        if cast != .money, happens(oneIn: 3) { set("order", "prices: catalogue") }
        if happens(oneIn: 4) { set("payment", "confirmationTimeout: \(one(of: [1, 5]))s") }
        if happens(oneIn: 6) { set("payment", "authorisationExpiry: \(one(of: [5, 20]))s") }
        if cast != .money {
            if happens(oneIn: 3) { set("product", "reservationExpiry: \(one(of: [1, 5]))s") }
            if happens(oneIn: 4) { set("cart", "paymentPatience: \(one(of: [1, 5, 20]))s") }
        }
        return settings
    }

    private mutating func death(_ services: [String]) -> Story.Death {
        let commit = number(1...25)
        let place: Story.Death.Place =
            switch number(1...3) {
            case 1: .step(number(1...1500))
            case 2: .beforeCommit(commit)
            default: .afterCommit(commit)
            }
        return Story.Death(
            service: one(of: services), place: place, ending: one(of: SimulatedNetwork.Ending.allCases),
            downtime: .milliseconds(one(of: [1, number(1...2000), number(1...20_000)])))
    }
}
