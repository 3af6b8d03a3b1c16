public import Kernel
public import Storage

/// The aggregate: the bringing of one paid order.
public struct Delivery: Entity, Hashable {
    public let id: String
    public var version: Int64 = 0
    /// Unique: an order is delivered once.
    public let orderId: String
    public let paymentId: String
    public private(set) var status: DeliveryStatus
    public let startedAt: Timestamp

    public static let collection = Collection<Delivery>(
        "deliveries",
        fields: [
            .text("orderId", unique: true) { $0.orderId },
            .text("status", indexed: true) { $0.status.rawValue },
            .time("startedAt") { $0.startedAt },
        ])

    public static func start(id: String, orderId: String, paymentId: String, at time: Timestamp) -> Delivery {
        Delivery(id: id, orderId: orderId, paymentId: paymentId, status: .started, startedAt: time)
    }
}

public enum DeliveryStatus: String, Codable, Sendable, CaseIterable {
    case started = "STARTED"
}
