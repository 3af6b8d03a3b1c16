/// Judges a world: what may never be, and what must be in the end.
protocol Verdict {
    /// What must hold at every moment, whatever has failed and is still to come.
    var violations: [String] { get }
    /// What is missing to the end; empty once everything is settled.
    var openMatters: [String] { get }
}

extension ShopState {
    /// Minor units that the provider has of each order.
    var kept: [String: Int64] {
        var kept: [String: Int64] = [:]
        for line in charges {
            switch line.status {
            case "captured": kept[line.orderId, default: 0] += line.amount
            case "refunded": kept[line.orderId, default: 0] -= line.amount
            default: break
            }
        }
        return kept
    }

    /// What may never be, however customers buy.
    func violations(_ customers: [Customer]) -> [String] {
        var found = customers.flatMap(\.refusals)
        let captured = charges.filter { $0.status == "captured" }
        for (order, charges) in Dictionary(grouping: captured, by: \.orderId) where charges.count > 1 {
            found.append("\(order) was charged \(charges.count) times")
        }
        for (order, money) in kept where money < 0 { found.append("of \(order) \(-money) too much went back") }
        for (order, made) in Dictionary(grouping: deliveries, by: { $0 }) where made.count > 1 {
            found.append("\(order) was delivered \(made.count) times")
        }
        for gap in ledgerGaps { found.append("the ledger does not sum to zero: \(gap)") }
        // What timed out may be tried again with the same key, as another order.
        for customer in customers where Set(customer.answers.filter { $0.status != 503 }.map(\.orderId)).count > 1 {
            found.append("\(customer.key) got answers about several orders: \(customer.answers)")
        }
        return found
    }
}
