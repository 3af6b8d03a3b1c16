/// Of customers who place an order each.
struct OrderVerdict: Verdict {
    private let state: ShopState
    private let customers: [Customer]

    init(_ state: ShopState, customers: [Customer]) {
        self.state = state
        self.customers = customers
    }

    var violations: [String] { state.violations(customers) }

    var openMatters: [String] {
        var open: [String] = []
        if state.orders.count != customers.count { open.append("\(state.orders.count) orders") }
        for customer in customers where customer.answers.isEmpty { open.append("\(customer.key) has no answer") }
        for (order, status) in state.orders.sorted(by: { $0.key < $1.key }) { open += matters(of: order, status) }
        let answered = Set(customers.flatMap(\.answers).map(\.orderId))
        for order in answered.subtracting(state.orders.keys) { open.append("\(order) was answered and is gone") }
        for charge in state.charges where state.orders[charge.orderId] == nil {
            open.append("\(charge.orderId) was charged and is gone")
        }
        if state.waiting > 0 { open.append("\(state.waiting) events or callbacks wait") }
        return open.sorted()
    }

    private func matters(of order: String, _ status: String) -> [String] {
        let charges = state.charges.filter { $0.orderId == order }
        guard charges.count == 1, let charge = charges.first else { return ["\(order) has \(charges.count) charges"] }
        let isPaid = charge.status == "captured"
        var open: [String] = []
        func require(_ is: String, _ must: String) {
            if `is` != must { open.append("\(order) has \(`is`), not \(must)") }
        }
        require("status \(status)", "status \(isPaid ? "PAID" : "PAYMENT_FAILED")")
        let payments = state.payments.filter { $0.orderId == order }
        require(
            "payments \(payments.map { "\($0.status) \($0.amount)" })",
            "payments \(["\(isPaid ? "CAPTURED" : "FAILED") \(charge.amount)"])")
        require("\(state.deliveries.filter { $0 == order }.count) deliveries", "\(isPaid ? 1 : 0) deliveries")
        let messages = state.messages.filter { $0.orderId == order }.map(\.status)
        // Buyer and seller hear of a payment; of a failed one the buyer alone.
        let told = isPaid ? 2 : 1
        require("messages \(messages)", "messages \(Array(repeating: "SENT", count: told))")
        require("\(state.mails.filter { $0.contains(order) }.count) mails", "\(told) mails")
        require(
            "dashboard \(state.dashboards[order] ?? "none")",
            "dashboard \(isPaid ? "PAID 1 STARTED 2" : "PAYMENT_FAILED 0 - 1")")
        if let ledger = state.ledger {
            require("ledger \(ledger[order] ?? 0)", "ledger \(isPaid ? charge.amount : 0)")
        }
        return open
    }
}
