import Contracts
public import Kernel
public import Messaging
import REST
public import Storage

/// The aggregate of the delivery of one paid order. A delivery that was cancelled before it was started is a tombstone,
/// which keeps it from being started.
public struct Delivery: Aggregate, Hashable {
    public let id: String
    public var version: Int64 = 0
    public var recorded = RecordedEvents()
    /// Unique: an order is delivered once.
    public let orderId: String
    /// `nil`, like the time, if the delivery was never started.
    public let paymentId: String?
    public let startedAt: Timestamp?
    /// The customer for whom the order was placed, and its branch, as far as the payment's event tells.
    public internal(set) var owner: Principal?
    public internal(set) var branchId: Int64?
    public internal(set) var status: DeliveryStatus
    /// Whether the delivery stays in the shop, because the buyer's bank disputes the payment.
    public internal(set) var isHeld: Bool?
    /// The code of the carrier, if it has one.
    public internal(set) var trackingCode: String?
    public internal(set) var shippedAt: Timestamp?
    public internal(set) var deliveredAt: Timestamp?
    public internal(set) var cancelledAt: Timestamp?
    public internal(set) var cancelReason: String?

    /// The order's identifier, so that the events of a delivery keep their place among the order's.
    public var eventSubject: String { orderId }

    public static let collection = Collection<Delivery>(
        "deliveries",
        fields: [
            .text("orderId", unique: true) { $0.orderId },
            .text("status", indexed: true) { $0.status.rawValue },
            .time("startedAt") { $0.startedAt },
            .owner { $0.owner },
            .branch { $0.branchId },
        ])

    public static func start(
        id: String, orderId: String, paymentId: String, owner: Principal? = nil, branchId: Int64? = nil,
        at time: Timestamp
    ) -> Delivery {
        var delivery = Delivery(
            id: id, orderId: orderId, paymentId: paymentId, startedAt: time, owner: owner, branchId: branchId,
            status: .started)
        delivery.record(DeliveryStarted(deliveryId: id, orderId: orderId, startedAt: time))
        return delivery
    }

    public static func tombstone(id: String, orderId: String, reason: String, at time: Timestamp) -> Delivery {
        Delivery(
            id: id, orderId: orderId, paymentId: nil, startedAt: nil, status: .cancelled, cancelledAt: time,
            cancelReason: reason)
    }
}

/// The progress of a delivery.
public enum DeliveryStatus: String, Codable, Sendable, CaseIterable {
    case started = "STARTED"
    /// The delivery has left the shop.
    case shipped = "SHIPPED"
    case delivered = "DELIVERED"
    /// The delivery was given up before it left.
    case cancelled = "CANCELLED"
}

/// A step that a delivery can take.
public enum DeliveryStep: Sendable, Hashable {
    case ship(trackingCode: String?)
    case deliver
    case cancel(reason: String)

    public var name: String {
        switch self {
        case .ship: "ship"
        case .deliver: "deliver"
        case .cancel: "cancel"
        }
    }
}

/// The refusal of a step in the present status, with the steps that are possible.
public struct IllegalDeliveryStep: Error, Hashable, CustomStringConvertible {
    public let step: DeliveryStep
    public let status: DeliveryStatus
    public let allowed: [String]
    public var isHeld = false

    public var description: String {
        "the step \(step.name) is not possible for a delivery that is \(isHeld ? "held" : status.rawValue)"
    }
}

/// The state machine, a pure function.
extension Delivery {
    public var allowedSteps: [String] {
        switch status {
        case .started: isHeld == true ? ["cancel"] : ["ship", "cancel"]
        case .shipped: ["deliver"]
        case .delivered, .cancelled: []
        }
    }

    /// Takes a step. Returns whether it changed anything, which a repeated step does not.
    public mutating func take(_ step: DeliveryStep, at time: Timestamp) throws(IllegalDeliveryStep) -> Bool {
        switch (step, status) {
        case (.ship, .started) where isHeld == true:
            throw IllegalDeliveryStep(step: step, status: status, allowed: allowedSteps, isHeld: true)
        case (.ship(let code), .started):
            (status, trackingCode, shippedAt) = (.shipped, code, time)
            record(DeliveryShipped(deliveryId: id, orderId: orderId, trackingCode: code, shippedAt: time))
        case (.ship(let code), .shipped) where code == nil || code == trackingCode: return false
        case (.deliver, .shipped):
            (status, deliveredAt) = (.delivered, time)
            record(DeliveryDelivered(deliveryId: id, orderId: orderId, deliveredAt: time))
        case (.deliver, .delivered): return false
        case (.cancel(let reason), .started):
            (status, cancelledAt, cancelReason) = (.cancelled, time, reason)
            record(DeliveryCancelled(deliveryId: id, orderId: orderId, reason: reason))
        case (.cancel, .cancelled): return false
        default: throw IllegalDeliveryStep(step: step, status: status, allowed: allowedSteps)
        }
        return true
    }
}

extension Delivery {
    /// Holds a delivery that has not left the shop, or releases it. Returns whether that changed anything.
    public mutating func hold(_ isHeld: Bool) -> Bool {
        guard status == .started, (self.isHeld ?? false) != isHeld else { return false }
        self.isHeld = isHeld
        return true
    }
}
