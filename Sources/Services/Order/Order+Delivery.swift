import Contracts
public import Kernel
import Messaging

/// Moves the goods of an order on. The version on delivery's event decides whether it is news.
extension Order {
    /// Its delivery is being prepared.
    public mutating func deliveryStarted(deliveryVersion: Int64) -> Bool {
        take(.started, deliveryVersion)
    }

    /// It has left the shop.
    public mutating func shipped(deliveryVersion: Int64, at time: Timestamp? = nil) -> Bool {
        guard take(.shipped, deliveryVersion) else { return false }
        shippedAt = time
        return true
    }

    /// The buyer has it.
    public mutating func delivered(deliveryVersion: Int64, at time: Timestamp? = nil) -> Bool {
        guard take(.delivered, deliveryVersion) else { return false }
        deliveredAt = time
        return true
    }

    /// It was given up before it left.
    public mutating func deliveryCancelled(deliveryVersion: Int64) -> Bool {
        take(.cancelled, deliveryVersion)
    }

    /// Delivery answered that it never leaves, before its event said so, or where there was none to give up.
    public mutating func deliveryStopped() -> Bool {
        guard let next = fulfilmentStatus.after(.cancelled) else { return false }
        fulfilmentStatus = next
        return true
    }

    /// The goods that had left are back.
    public mutating func returned(at time: Timestamp) -> Bool {
        guard let next = fulfilmentStatus.after(.returned) else { return false }
        fulfilmentStatus = next
        returnedAt = time
        record(OrderReturned(order: summary, returnedAt: time))
        return true
    }

    private mutating func take(_ event: FulfilmentEvent, _ version: Int64) -> Bool {
        guard version > deliveryVersion else { return false }
        deliveryVersion = version
        if let next = fulfilmentStatus.after(event) { fulfilmentStatus = next }
        return true
    }
}
