import Contracts
import Storage

/// The buyer of an order, for events of delivery, which name only the order. Until the event about the order's payment
/// has come, it holds the notifications that wait for the buyer instead.
struct OrderContact: Entity, Hashable {
    /// The order's identifier.
    let id: String
    var version: Int64 = 0
    private(set) var buyer: Buyer?
    private var shipped: DeliveryShipped?
    private var delivered: DeliveryDelivered?

    static let collection = Collection<OrderContact>("contacts", fields: [])

    init(orderId: String, buyer: Buyer? = nil) {
        id = orderId
        self.buyer = buyer
    }

    /// Stores the buyer. Returns the notifications that have waited for one, in the order of their events.
    mutating func know(_ buyer: Buyer) -> [OrderNotification] {
        defer { (self.buyer, shipped, delivered) = (buyer, nil, nil) }
        return [shipped.map(OrderNotification.shipped), delivered.map(OrderNotification.delivered)].compactMap { $0 }
    }

    mutating func keep(_ notification: OrderNotification) {
        switch notification {
        case .shipped(let event): shipped = event
        case .delivered(let event): delivered = event
        case .paid, .paymentFailed, .cancelled, .refunded, .refundFailed, .disputed:
            preconditionFailure("\(notification.kind) names its buyer itself")
        }
    }
}
