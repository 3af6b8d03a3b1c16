/// Of customers who check out a cart each.
struct CheckoutVerdict: Verdict {
    let state: ShopState
    let sales: SalesState
    let plan: CheckoutPlan
    let customers: [Customer]

    init(_ state: ShopState, _ sales: SalesState, plan: CheckoutPlan, customers: [Customer]) {
        self.state = state
        self.sales = sales
        self.plan = plan
        self.customers = customers
    }

    var violations: [String] {
        var found = state.violations(customers) + stockViolations
        for checkout in sales.checkouts where checkout.status == "COMPLETED" {
            let id = checkout.orderId
            let isGivenUp = ["CANCELLING", "CANCELLED"].contains(state.orders[id] ?? "")
            if !state.charges.contains(where: { $0.orderId == id && $0.status == "captured" }) {
                found.append("\(id) completed without a payment")
            }
            let reservation = sales.reservations[id]?.status ?? "none"
            if reservation != "COMMITTED", !isGivenUp { found.append("\(id) completed with stock \(reservation)") }
        }
        for customer in customers {
            for answer in customer.answers {
                let status = sales.checkouts.first { $0.orderId == answer.orderId }?.status ?? "gone"
                let told = answer.status == 201 ? "COMPLETED" : "FAILED"
                if status != told {
                    found.append("\(customer.key) was answered \(answer) and the checkout is \(status)")
                }
            }
        }
        for (order, events) in sales.events {
            // Delivery, payment and messages say several things; those that decide an order are said once.
            for type in ["OrderPaid", "OrderCancelled", "PaymentApproved", "StockSold", "StockLost", "DeliveryStarted"]
            where events[type, default: 0] > 1 {
                found.append("\(order) had \(type) \(events[type, default: 0]) times")
            }
        }
        return found + sales.deadLetters
    }

    /// Pieces neither appear nor disappear.
    private var stockViolations: [String] {
        func pieces(_ status: String) -> Int {
            sales.reservations.values.filter { $0.status == status }.reduce(0) { $0 + $1.pieces }
        }
        let (there, sold, reserved) = (sales.onHand, pieces("COMMITTED"), pieces("RESERVED"))
        var found: [String] = []
        if there + sold != plan.goods.pieces {
            found.append("\(there) pieces are there and \(sold) sold, of \(plan.goods.pieces)")
        }
        if sales.reserved != reserved || !(0...there).contains(reserved) {
            found.append("\(sales.reserved) of \(there) pieces are kept, for reservations of \(reserved)")
        }
        return found
    }

    var openMatters: [String] {
        var open = sales.openSagas
        // Who did not hear that it timed out asks again, and begins another.
        let repeated = sales.checkouts.filter { $0.failure == "TIMED_OUT" }.count
        let allowed = plan.goods.customers...plan.goods.customers + (plan.failure == "TIMED_OUT" ? repeated : 0)
        if !allowed.contains(sales.checkouts.count) { open.append("\(sales.checkouts.count) checkouts") }
        for customer in customers where customer.answers.isEmpty { open.append("\(customer.key) has no answer") }
        if sales.reserved != 0 { open.append("\(sales.reserved) pieces are still kept") }
        let completed = sales.checkouts.filter { $0.status == "COMPLETED" }
        if let expected = plan.completed, completed.count != expected { open.append("\(completed.count) completed") }
        for checkout in sales.checkouts { open += matters(of: checkout) }
        let known = Set(sales.checkouts.map(\.orderId))
        for id in Set(state.orders.keys).union(state.kept.keys).union(sales.deliveries.keys).subtracting(known) {
            open.append("\(id) comes from no checkout")
        }
        if state.waiting > 0 { open.append("\(state.waiting) events or callbacks wait") }
        return open.sorted()
    }
}
