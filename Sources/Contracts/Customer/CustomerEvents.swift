public import Messaging

/// A checkout's buyer and address are known; its order can be placed. Choreographed checkouts only.
public struct AddressConfirmed: EventPayload, Hashable {
    public static let type = "sambal.customer.AddressConfirmed.v1"
    public let order: CreateOrder
    public init(order: CreateOrder) { self.order = order }
}

/// Nothing can be delivered to the checkout's customer. Choreographed checkouts only.
public struct AddressRejected: EventPayload, Hashable {
    public static let type = "sambal.customer.AddressRejected.v1"
    public let orderId: String
    public let reason: String
    public init(orderId: String, reason: String) {
        self.orderId = orderId
        self.reason = reason
    }
}
