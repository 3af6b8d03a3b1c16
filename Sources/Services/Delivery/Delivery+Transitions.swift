import Contracts
public import Kernel
import Messaging

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
