public import Kernel
public import Messaging

/// A paid order is being delivered.
public struct DeliveryStarted: EventPayload, Hashable {
    public static let type = "sambal.delivery.DeliveryStarted.v1"
    public let deliveryId: String
    public let orderId: String
    public let startedAt: Timestamp

    public init(deliveryId: String, orderId: String, startedAt: Timestamp) {
        self.deliveryId = deliveryId
        self.orderId = orderId
        self.startedAt = startedAt
    }
}
