/// What order asks of delivery.
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
