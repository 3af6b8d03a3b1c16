import Contracts
public import Kernel
import Messaging

/// How an order is given up. Each step tells whether it changed anything.
extension Order {
    /// From now on nothing else happens to it, until delivery, payment and product have answered.
    public mutating func cancellationBegan(sagaId: String? = nil, at time: Timestamp? = nil) -> Bool {
        guard refusal(of: .cancel) == nil else { return false }
        cancellation = OrderCancellation(sagaId: sagaId, requestedAt: time)
        return true
    }

    /// All have taken back their parts. `nothingWasTaken`: payment has said so, and its events will say nothing else.
    /// `refunded` is payment's sum, in minor units; its event may come later. `isPaymentOpen`: payment does not know yet.
    public mutating func cancelled(
        reason: String, nothingWasTaken: Bool = false, refunded: Int64? = nil, isPaymentOpen: Bool? = nil,
        at time: Timestamp
    ) -> Bool {
        guard cancellation != nil, cancellation?.completedAt == nil else { return false }
        cancellation?.completedAt = time
        let told = max(refunded ?? 0, refundedAmount ?? 0)
        cancellation?.refundedAmount = told
        failureReason = reason
        cancelledAt = time
        if let next = fulfilmentStatus.after(.cancelled) { fulfilmentStatus = next }
        if nothingWasTaken, let next = paymentStatus.after(.cancelled) { paymentStatus = next }
        record(
            OrderCancelled(
                order: summary, reason: reason, refundedAmount: told, isPaymentOpen: isPaymentOpen, cancelledAt: time))
        return true
    }

    /// Tells the buyer of the latest refund, if that is news: a cancellation tells of its own refund when it ends, and of
    /// what goes back after that nobody has told yet. Returns whether it was.
    mutating func refundTold(of amount: Int64, isWhole: Bool) -> Bool {
        let sum = refundedAmount ?? amount
        if let cancellation {
            guard let told = cancellation.refundedAmount, sum > told else { return false }
            self.cancellation?.refundedAmount = sum
        }
        record(OrderRefunded(order: summary, amount: amount, refundedAmount: sum, isWhole: isWhole))
        return true
    }

    /// It cannot be cancelled any more: it goes on.
    public mutating func cancellationRefused() -> Bool {
        guard cancellation != nil, cancellation?.completedAt == nil else { return false }
        cancellation = nil
        return true
    }

    /// It is withdrawn before it was ever created: its creation finds it so, and nobody hears of it.
    public mutating func becomeTombstone(reason: String, at time: Timestamp) {
        cancellation = OrderCancellation(sagaId: nil, requestedAt: time, completedAt: time)
        paymentStatus = .cancelled
        fulfilmentStatus = .cancelled
        failureReason = reason
        cancelledAt = time
        recorded.removeAll()
    }

    /// Whether it will not be carried out, or is about to.
    var isGivenUp: Bool { cancellation != nil }
}
