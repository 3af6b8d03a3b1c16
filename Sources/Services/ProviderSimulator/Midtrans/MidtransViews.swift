import Kernel
import PaymentProviders

extension MidtransTransactionView {
    /// The transaction as it stands. `refunds` are those made, oldest first.
    init(_ root: SimulatedCharge, refunds: [SimulatedCharge]) {
        let status = Self.status(of: root, refunds: refunds)
        statusCode = status == "deny" ? "202" : "200"
        statusMessage = root.reason ?? "Success, transaction is found"
        transactionId = root.id
        orderId = root.details["order_id"] ?? root.orderId
        grossAmount = DecimalAmount.midtrans(Money(root.amount, root.currency))
        currency = root.currency.code
        paymentType = root.details["payment_type"] ?? "credit_card"
        // Western Indonesian time, without saying so.
        transactionTime = String(
            (root.chargedAt + .seconds(7 * 3600)).description.prefix(19).map { $0 == "T" ? " " : $0 })
        transactionStatus = status
        fraudStatus = "accept"
        customField1 = root.details["custom_field1"]
        customField2 = root.details["custom_field2"]
        customField3 = root.details["custom_field3"]
        let made = refunds.compactMap(Self.refund)
        self.refunds = made.isEmpty ? nil : made
        refundAmount = made.isEmpty ? nil : DecimalAmount.midtrans(Money(root.refunded, root.currency))
    }

    /// What a request is answered, and a notification tells: the transaction after the line was written.
    init(_ entry: BookEntry, refunds: [SimulatedCharge]) {
        self.init(entry.root, refunds: refunds)
        guard entry.line.status == .refused else {
            refundKey = entry.line.details["refund_key"]
            statusMessage = "Success, \(entry.line.action.rawValue) is done"
            return
        }
        // A charge that is denied is a transaction; a step that is denied is an error.
        statusCode = entry.line.chargeId == nil ? "202" : "414"
        statusMessage = entry.line.reason ?? "Deny by Bank"
    }

    private static func refund(_ line: SimulatedCharge) -> Refund? {
        line.details["refund_key"].map {
            Refund(
                refundKey: $0, refundAmount: DecimalAmount.midtrans(Money(line.amount, line.currency)),
                reason: line.details["reason"])
        }
    }

    private static func status(of root: SimulatedCharge, refunds: [SimulatedCharge]) -> String {
        let isCancelled = refunds.contains { $0.idempotencyKey == MidtransDialect.key(root.id, "cancel") }
        if root.status == .refused { return "deny" }
        if root.isVoided || isCancelled { return "cancel" }
        if root.captured == 0 { return "authorize" }
        if root.refunded > 0 { return root.refunded == root.captured ? "refund" : "partial_refund" }
        return root.details["payment_type"] == "credit_card" ? "capture" : "settlement"
    }
}
