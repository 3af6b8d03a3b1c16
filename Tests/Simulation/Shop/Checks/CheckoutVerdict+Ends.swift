extension CheckoutVerdict {
    /// What is missing to the end of a checkout.
    func matters(of checkout: SalesState.Checkout) -> [String] {
        let id = checkout.orderId
        var open: [String] = []
        func require(_ what: String, _ has: String, _ allowed: String...) {
            if !allowed.contains(has) {
                open.append("\(id) has \(what) \(has), not \(allowed.joined(separator: " or "))")
            }
        }
        let order = state.orders[id] ?? "none"
        let stock = sales.reservations[id]?.status ?? "none"
        let delivery = sales.deliveries[id] ?? "none"
        let payments = state.payments.filter { $0.orderId == id }.map(\.status)
        let payment = payments.isEmpty ? "none" : payments.joined(separator: " ")
        let isKept = checkout.status == "COMPLETED" && !plan.cancels

        if checkout.status == "COMPLETED" {
            require("cart", sales.carts[checkout.cartId] ?? "none", "ORDERED")
            require("order", order, plan.cancels ? "CANCELLED" : "PAID")
            require("stock", stock, plan.cancels ? "RELEASED" : "COMMITTED")
            require("delivery", delivery, plan.cancels ? "CANCELLED" : "STARTED")
            require("payment", payment, plan.cancels ? "REFUNDED" : "CAPTURED")
        } else {
            require("checkout", checkout.status, "FAILED")
            if let failure = plan.failure { require("failure", checkout.failure, failure) }
            let isOrdered = sales.checkouts.contains { $0.cartId == checkout.cartId && $0.status == "COMPLETED" }
            require("cart", sales.carts[checkout.cartId] ?? "none", isOrdered ? "ORDERED" : "OPEN")
            require("order", order, "none", "PAYMENT_FAILED", "CANCELLED")
            require("stock", stock, "none", "RELEASED")
            require("delivery", delivery, "none", "CANCELLED")
            require("payment", payment, "none", "FAILED", "CANCELLED", "REFUNDED")
        }
        require("money", "\(state.kept[id] ?? 0)", isKept ? "\(Goods.price)" : "0")
        require("ledger", "\(state.ledger?[id] ?? 0)", "\(state.kept[id] ?? 0)")
        let ends = sales.told("CheckoutCompleted", of: id) + sales.told("CheckoutFailed", of: id)
        require("ends", "\(ends)", "1")
        return open + mattersOfNews(of: id, order)
    }

    /// Whether buyer, seller and dashboard know what was told of the order, and nothing else.
    private func mattersOfNews(of id: String, _ order: String) -> [String] {
        var open: [String] = []
        let expected = expectedMessages(of: id)
        let messages = sales.messages.filter { $0.key.hasPrefix("MSG-\(id)-") }
        if Set(messages.keys) != expected { open.append("\(id) has messages \(messages.keys.sorted())") }
        for (message, status) in messages where status != "SENT" { open.append("\(message) is \(status)") }
        let sent = state.mails.filter { $0.contains(id) }.count + sales.texts.filter { $0.contains(id) }.count
        if sent != expected.count { open.append("\(id) has \(sent) mails and texts of \(expected.count)") }

        let isPaid = sales.told("PaymentApproved", of: id) > 0
        let delivery = sales.told("DeliveryStarted", of: id) > 0 ? sales.deliveries[id] ?? "-" : "-"
        let isShown = sales.told("OrderPlaced", of: id) > 0
        let row = isShown ? "\(order) \(isPaid ? 1 : 0) \(delivery) \(expected.count)" : "none"
        let shown = state.dashboards[id] ?? "none"
        if shown != row { open.append("\(id) has dashboard \(shown), not \(row)") }
        return open
    }

    private func expectedMessages(of id: String) -> Set<String> {
        var expected: Set<String> = []
        for (event, news) in [("OrderPaid", "paid"), ("OrderCancelled", "cancelled")]
        where sales.told(event, of: id) > 0 {
            for recipient in ["seller-email", "buyer-email", "buyer-sms"] {
                expected.insert("MSG-\(id)-\(news)-\(recipient)")
            }
        }
        if sales.told("OrderPaymentFailed", of: id) > 0 { expected.insert("MSG-\(id)-paymentFailed-buyer-email") }
        for amount in sales.refunds[id] ?? [] { expected.insert("MSG-\(id)-refunded-\(amount)-buyer-email") }
        return expected
    }
}
