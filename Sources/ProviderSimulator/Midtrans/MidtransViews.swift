import Kernel
import PaymentProviders

extension MidtransTransactionView {
    /// The transaction as it stands. `refunds` are those made, and what banks took back, oldest first.
    init(_ root: SimulatedCharge, refunds: [SimulatedCharge]) {
        let status = Self.status(of: root, refunds: refunds)
        statusCode = status == "deny" ? "202" : status == "pending" ? "201" : "200"
        statusMessage = root.status == .refused ? root.reason ?? "Deny by Bank" : "Success, transaction is found"
        transactionId = root.id
        orderId = root.details["order_id"] ?? root.orderId
        grossAmount = DecimalAmount.midtrans(Money(root.amount, root.currency))
        currency = root.currency.code
        paymentType = root.details["payment_type"] ?? "credit_card"
        // Western Indonesian time, without saying so.
        transactionTime = String(
            ((root.createdAt ?? root.chargedAt) + .seconds(7 * 3600)).description.prefix(19).map {
                $0 == "T" ? " " : $0
            })
        transactionStatus = status
        fraudStatus = "accept"
        customField1 = root.details["custom_field1"]
        customField2 = root.details["custom_field2"]
        customField3 = root.details["custom_field3"]
        let made = refunds.enumerated().compactMap { Self.refund($1, number: $0 + 1) }
        self.refunds = made.isEmpty ? nil : made
        refundAmount =
            made.isEmpty
            ? nil : DecimalAmount.midtrans(Money(root.refunded + (root.disputed ?? 0), root.currency))
    }

    /// The content of an answer and of a notification: the transaction after the line was written.
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

    /// `nil` of a cancellation.
    private static func refund(_ line: SimulatedCharge, number: Int) -> Refund? {
        let key = line.details["refund_key"]
        guard key != nil || line.action == .dispute else { return nil }
        return Refund(
            refundChargebackId: number, refundKey: key,
            refundAmount: DecimalAmount.midtrans(Money(line.amount, line.currency)),
            reason: line.details["reason"])
    }

    private static func status(of root: SimulatedCharge, refunds: [SimulatedCharge]) -> String {
        let isCancelled = refunds.contains { $0.idempotencyKey == MidtransDialect.key(root.id, "cancel") }
        switch root.status {
        case .refused: return "deny"
        case .pending: return "pending"
        default: break
        }
        if root.isVoided || isCancelled { return "cancel" }
        if root.captured == 0 { return "authorize" }
        if let disputed = root.disputed, disputed > 0 {
            return disputed == root.captured ? "chargeback" : "partial_chargeback"
        }
        if root.refunded > 0 { return root.refunded == root.captured ? "refund" : "partial_refund" }
        return root.isCardBeforeSettlement ? "capture" : "settlement"
    }
}

extension SimulatedCharge {
    /// Until the settlement a card payment can only be cancelled; afterwards only refunded.
    var isCardBeforeSettlement: Bool { details["payment_type"] == "credit_card" && isSettled != true }
}
