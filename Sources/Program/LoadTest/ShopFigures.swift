import Kernel

/// The sums of the shop after a load test, and whether they agree.
struct ShopFigures: Sendable, Codable {
    /// Orders whose request was answered with success.
    let answered: Int
    /// Orders of the run that the shop has, also those whose answer was lost.
    let stored: Int
    /// Answered orders that the shop does not have: lost.
    let missing: [String]
    /// Stored orders by status.
    let statuses: [String: Int]
    /// Orders that are still on their way.
    let underWay: Int
    let paid: Int
    /// Captures by the provider's own statement.
    let captures: Int
    /// Minor units, of all currencies together.
    let capturedAmount: Int64
    let refundedAmount: Int64
    /// Orders that were charged more than once.
    let chargedTwice: [String]
    /// Paid orders without a capture at the provider.
    let paidWithoutCapture: [String]
    /// Captures for orders that the shop does not have.
    let capturedWithoutOrder: [String]
    let messages: Int
    /// Between payments, ledger and statement; `nil` if they could not be compared.
    var differences: Int?
    /// The time after the last answer until every order was at its end, in seconds.
    var settlingSeconds = 0.0

    init(rows: [ShopSums.Row], charges: [ShopSums.Charge], placed: Set<String>) {
        let stored = Set(rows.map(\.id))
        let taken = charges.filter { ($0.captured ?? 0) > 0 && ["charge", "authorise"].contains($0.action) }
        let captures = Dictionary(grouping: taken, by: \.orderId)
        answered = placed.count
        self.stored = stored.count
        missing = placed.subtracting(stored).sorted()
        statuses = Dictionary(grouping: rows, by: \.status).mapValues(\.count)
        underWay = rows.count { !$0.isAtEnd }
        paid = rows.count { $0.isPaid }
        self.captures = taken.count
        capturedAmount = taken.reduce(0) { $0 + ($1.captured ?? 0) }
        refundedAmount = taken.reduce(0) { $0 + ($1.refunded ?? 0) }
        chargedTwice = captures.filter { $0.value.count > 1 }.keys.sorted()
        paidWithoutCapture = rows.filter { $0.isPaid && captures[$0.id] == nil }.map(\.id).sorted()
        capturedWithoutOrder = captures.keys.filter { !stored.contains($0) }.sorted()
        messages = rows.reduce(0) { $0 + ($1.messagesSent ?? 0) }
    }

    /// The sentences that say what does not add up, each with the first orders that it is about.
    var faults: [String] {
        var faults: [String] = []
        func note(_ orders: [String], _ what: String) {
            guard !orders.isEmpty else { return }
            faults.append("\(orders.count) \(what): " + orders.prefix(5).joined(separator: ", "))
        }
        note(chargedTwice, "orders were charged more than once")
        note(missing, "orders were answered and are not on the dashboard")
        note(paidWithoutCapture, "orders are paid without a capture at the provider")
        note(capturedWithoutOrder, "orders were captured at the provider and are not on the dashboard")
        if underWay > 0 { faults.append("\(underWay) orders are still under way") }
        switch differences {
        case nil: faults.append("payments, ledger and statement could not be compared")
        case 0?: break
        case let count?: faults.append("payments, ledger and statement differ in \(count) movements")
        }
        return faults
    }

    var text: String {
        var table = Table([.init("", key: "sum"), .init("SHOP")])
        table.add("orders answered", "\(answered)")
        table.add("orders stored", "\(stored)")
        for (status, count) in statuses.sorted(by: { $0.key < $1.key }) { table.add("  " + status, "\(count)") }
        table.add("paid", "\(paid)")
        table.add("captures at the provider", "\(captures)")
        table.add("captured", "\(capturedAmount)")
        table.add("refunded", "\(refundedAmount)")
        table.add("charged more than once", "\(chargedTwice.count)")
        table.add("messages", "\(messages)")
        table.add("differences", differences.map(String.init))
        table.add("all at their end after", LoadUnits.decimal(settlingSeconds) + " s")
        return table.text
    }
}
