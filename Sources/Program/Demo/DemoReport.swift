import Kernel

/// The counts of the demo, and whether they add up.
struct DemoReport: Sendable {
    let plan: DemoPlan
    let outcomes: [DemoOutcome]
    let elapsed: Duration

    /// Whether every order was placed, paid, delivered and notified, and charged exactly once.
    var addsUp: Bool {
        outcomes.count == plan.orders
            && outcomes.allSatisfy {
                $0.isPaid && $0.isDelivered && $0.isNotified && $0.charges == 1 && $0.failure == nil
            }
    }

    var text: String {
        var table = Table([.init("", key: "outcome"), .init("ORDERS")])
        table.add("placed", "\(count { $0.orderId != nil })")
        table.add("paid", "\(count(\.isPaid))")
        table.add("delivery started", "\(count(\.isDelivered))")
        table.add("notified", "\(count(\.isNotified))")
        table.add("charges at the provider", "\(outcomes.reduce(0) { $0 + $1.charges })")
        table.add("charged more than once", "\(count { $0.charges > 1 })")
        let rate = Double(outcomes.count) / max(elapsed.seconds, 0.001)
        return """

            \(table.text)
              answered in   p50 \(Self.milliseconds(outcomes.compactMap(\.placing), 0.50))   p99 \(Self.milliseconds(outcomes.compactMap(\.placing), 0.99))
              at its end in p50 \(Self.milliseconds(outcomes.compactMap(\.whole), 0.50))   p99 \(Self.milliseconds(outcomes.compactMap(\.whole), 0.99))
              \(Int(rate)) orders/s over \(Self.rounded(elapsed.seconds)) s

            \(verdict)
            """
    }

    private var verdict: String {
        if addsUp {
            return
                "It adds up: every order was paid exactly once, its delivery was started, and buyer and seller were notified.\n"
        }
        let failures = outcomes.compactMap(\.failure).prefix(5).map { "  " + $0 + "\n" }.joined()
        return "It does NOT add up.\n" + failures
    }

    private func count(_ condition: (DemoOutcome) -> Bool) -> Int { outcomes.count(where: condition) }

    private static func milliseconds(_ durations: [Duration], _ share: Double) -> String {
        guard !durations.isEmpty else { return "-" }
        let sorted = durations.sorted()
        let index = min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.down)))
        return "\(rounded(sorted[index].seconds * 1000)) ms"
    }

    private static func rounded(_ number: Double) -> String {
        let tenths = Int64((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// The parameters of the demo.
struct DemoPlan: Sendable {
    let orders: Int
    let concurrency: Int
    let timeout: Duration
    let gateway: String
    let psp: String
}

/// The outcome of one order of the demo.
struct DemoOutcome: Sendable {
    var orderId: String?
    var isPaid = false
    var isDelivered = false
    var isNotified = false
    /// The number of charges by the provider's own statement.
    var charges = 0
    /// The time from sending the order to its answer, and to its end.
    var placing: Duration?
    var whole: Duration?
    /// The first failure.
    var failure: String?
}
