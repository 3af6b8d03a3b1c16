import Kernel

/// What the delivery's events do to an order. The version on the event decides whether it is news.
extension Order {
    /// It has left the shop.
    public mutating func shipped(deliveryVersion: Int64) -> Bool {
        guard deliveryVersion > self.deliveryVersion else { return false }
        self.deliveryVersion = deliveryVersion
        return moveOn(to: .shipped, from: [.paid, .partiallyRefunded])
    }

    /// The buyer has it.
    public mutating func delivered(deliveryVersion: Int64) -> Bool {
        guard deliveryVersion > self.deliveryVersion else { return false }
        self.deliveryVersion = deliveryVersion
        return moveOn(to: .delivered, from: [.paid, .partiallyRefunded, .shipped])
    }

    /// An order whose cancellation came too late finds out by way of its delivery. A refund is not covered up.
    private mutating func moveOn(to next: OrderStatus, from earlier: [OrderStatus]) -> Bool {
        if status == .cancelling {
            statusBeforeCancelling = next
        } else if earlier.contains(status) {
            status = next
        }
        return true
    }
}
