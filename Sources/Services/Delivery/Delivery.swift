import Contracts
public import Kernel
public import Messaging
public import Storage

/// The aggregate: the bringing of one paid order. One that was cancelled before it was started was never a delivery: it
/// stands there so that none is started any more.
public struct Delivery: Aggregate, Hashable {
    public let id: String
    public var version: Int64 = 0
    public var recorded = RecordedEvents()
    /// Unique: an order is delivered once.
    public let orderId: String
    /// `nil`, as the time, where it was never started.
    public let paymentId: String?
    public let startedAt: Timestamp?
    public internal(set) var status: DeliveryStatus
    /// It does not leave while the buyer's bank disputes the payment.
    public internal(set) var isHeld: Bool?
    /// The carrier's, where there is one.
    public internal(set) var trackingCode: String?
    public internal(set) var shippedAt: Timestamp?
    public internal(set) var deliveredAt: Timestamp?
    public internal(set) var cancelledAt: Timestamp?
    public internal(set) var cancelReason: String?

    /// The order's: a delivery's events are told in the order of that order's story.
    public var eventSubject: String { orderId }

    public static let collection = Collection<Delivery>(
        "deliveries",
        fields: [
            .text("orderId", unique: true) { $0.orderId },
            .text("status", indexed: true) { $0.status.rawValue },
            .time("startedAt") { $0.startedAt },
        ])

    public static func start(id: String, orderId: String, paymentId: String, at time: Timestamp) -> Delivery {
        var delivery = Delivery(id: id, orderId: orderId, paymentId: paymentId, startedAt: time, status: .started)
        delivery.record(DeliveryStarted(deliveryId: id, orderId: orderId, startedAt: time))
        return delivery
    }

    public static func tombstone(id: String, orderId: String, reason: String, at time: Timestamp) -> Delivery {
        Delivery(
            id: id, orderId: orderId, paymentId: nil, startedAt: nil, status: .cancelled, cancelledAt: time,
            cancelReason: reason)
    }
}

/// How far a delivery is.
public enum DeliveryStatus: String, Codable, Sendable, CaseIterable {
    case started = "STARTED"
    /// It has left the shop.
    case shipped = "SHIPPED"
    case delivered = "DELIVERED"
    /// Given up before it left.
    case cancelled = "CANCELLED"
}
