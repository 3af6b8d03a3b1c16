public import Kernel
public import Messaging

/// Requests of order to delivery.
public enum DeliveryAPI {
    public static let path = "/deliveries"

    /// `POST` with `CancelDelivery`: 200, also when there is no delivery of that order: none will be started any more.
    /// 409 of type `alreadyShipped` once it is on its way.
    public static let cancellations = "/api/deliveries/cancellations"

    public static let alreadyShipped = "/problems/already-shipped"
}

/// The body of `POST /api/deliveries/cancellations`.
public struct CancelDelivery: Codable, Sendable, Hashable {
    public let orderId: String
    public let reason: String

    public init(orderId: String, reason: String) {
        self.orderId = orderId
        self.reason = reason
    }
}

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

/// A delivery has left the shop.
public struct DeliveryShipped: EventPayload, Hashable {
    public static let type = "sambal.delivery.DeliveryShipped.v1"
    public let deliveryId: String
    public let orderId: String
    /// The code of the carrier, if it has one.
    public let trackingCode: String?
    public let shippedAt: Timestamp

    public init(deliveryId: String, orderId: String, trackingCode: String?, shippedAt: Timestamp) {
        self.deliveryId = deliveryId
        self.orderId = orderId
        self.trackingCode = trackingCode
        self.shippedAt = shippedAt
    }
}

/// A delivery has reached the buyer.
public struct DeliveryDelivered: EventPayload, Hashable {
    public static let type = "sambal.delivery.DeliveryDelivered.v1"
    public let deliveryId: String
    public let orderId: String
    public let deliveredAt: Timestamp

    public init(deliveryId: String, orderId: String, deliveredAt: Timestamp) {
        self.deliveryId = deliveryId
        self.orderId = orderId
        self.deliveredAt = deliveredAt
    }
}

/// A delivery was given up before it left the shop.
public struct DeliveryCancelled: EventPayload, Hashable {
    public static let type = "sambal.delivery.DeliveryCancelled.v1"
    public let deliveryId: String
    public let orderId: String
    public let reason: String

    public init(deliveryId: String, orderId: String, reason: String) {
        self.deliveryId = deliveryId
        self.orderId = orderId
        self.reason = reason
    }
}
