import Contracts
import Storage

/// How the buyer of a paid order is told of its delivery, whose events name the order only; or what was to be told of an
/// order of whose payment has not been heard yet.
struct OrderContact: Entity, Hashable {
    /// The order's.
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

    /// What has waited for the buyer, in the order of its happening.
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
