public import Contracts
public import Kernel
public import Messaging
import REST
public import Storage

/// The aggregate of an order: its lines, its payment and its fulfilment.
public struct Order: Aggregate, Hashable {
    public let id: String
    public var version: Int64 = 0
    public var recorded = RecordedEvents()
    public let branchId: Int64
    /// The lines, at least one.
    public let items: [OrderItem]
    /// The product of the only line, if there is only one.
    public let sauceId: Int64?
    /// The price of one piece of the only line, in minor units of `currency`.
    public let price: Int64?
    /// The number of pieces of all lines, at least 1.
    public let qty: Int64
    /// The sum of all lines (pieces × price), which is charged.
    public let amount: Int64
    public let currency: Currency
    public let buyer: Buyer
    public let address: Address?
    /// The cart of the order and the mode of its checkout; `nil` if it was placed without a cart.
    public let cartId: String?
    public let checkout: CheckoutStyle?
    /// The customer for whom it was placed; `nil` if nobody has said who asks.
    public internal(set) var owner: Principal?
    /// The status for people, derived from the two states below and the cancellation whenever one of them changes.
    public private(set) var status: OrderStatus
    public internal(set) var paymentStatus: OrderPaymentStatus { didSet { deriveStatus() } }
    public internal(set) var fulfilmentStatus: FulfilmentStatus { didSet { deriveStatus() } }
    /// The cancellation, from its request on; `nil` without one.
    public internal(set) var cancellation: OrderCancellation? { didSet { deriveStatus() } }
    public internal(set) var paymentId: String?
    /// The version of the payment whose event was applied last: an event with this version or an older one is stale.
    public internal(set) var paymentVersion: Int64 = 0
    /// The version of the delivery whose event was applied last.
    public internal(set) var deliveryVersion: Int64 = 0
    public internal(set) var failureReason: String?
    /// Minor units.
    public internal(set) var refundedAmount: Int64?
    public let placedAt: Timestamp
    public internal(set) var paidAt: Timestamp?
    public internal(set) var refundedAt: Timestamp?
    public internal(set) var disputedAt: Timestamp?
    public internal(set) var shippedAt: Timestamp?
    public internal(set) var deliveredAt: Timestamp?
    public internal(set) var returnedAt: Timestamp?
    public internal(set) var cancelledAt: Timestamp?

    /// How often the service has asked for a payment whose outcome is still not known, and when it asks again.
    public internal(set) var settleTries: Int?
    public internal(set) var settleAt: Timestamp?

    /// The time at which the order is given up if its payment is not known by then.
    public internal(set) var paymentDueAt: Timestamp?

    /// The outcome of the payment is open, and only this service asks for it.
    var isUnsettled: Bool {
        paymentStatus == .requiresPayment && cancellation == nil && paymentId == nil && checkout == nil
    }

    /// Whether the order was placed in the form with one line.
    var isOneLine: Bool { sauceId != nil }

    private mutating func deriveStatus() {
        status = OrderStatus(payment: paymentStatus, fulfilment: fulfilmentStatus, cancellation: cancellation)
    }

    public static let collection = Collection<Order>(
        "orders",
        fields: [
            .integer("branchId") { $0.branchId },
            .integer("sauceId") { $0.sauceId },
            .integer("qty") { $0.qty },
            .integer("amount") { $0.amount },
            .text("status", indexed: true) { $0.status.rawValue },
            .text("paymentStatus", indexed: true) { $0.paymentStatus.rawValue },
            .text("fulfilmentStatus", indexed: true) { $0.fulfilmentStatus.rawValue },
            .time("placedAt") { $0.placedAt },
            .time("paymentDueAt", indexed: true) { $0.awaitsPayment ? $0.paymentDueAt : nil },
            .time("settleAt", indexed: true) { $0.isUnsettled ? $0.settleAt ?? $0.placedAt : nil },
            .owner { $0.owner },
            .branch { $0.branchId },
        ])

    /// The fields that the second migration added to the collection.
    static let stateFields = ["paymentStatus", "fulfilmentStatus", "paymentDueAt"]
    /// The fields that later migrations added.
    static let laterFields = stateFields + Ownership.fields

    static var firstSchema: CollectionSchema { collection.schema.without(laterFields) }
}

extension Order {
    /// Makes an accepted order.
    init(
        id: String, branchId: Int64, items: [OrderItem], amount: Money, buyer: Buyer, address: Address? = nil,
        cartId: String? = nil, checkout: CheckoutStyle? = nil, owner: Principal? = nil, at time: Timestamp
    ) {
        let only = items.count == 1 ? items.first : nil
        self.init(
            id: id, branchId: branchId, items: items, sauceId: only?.sauceId, price: only?.price,
            qty: items.reduce(0) { $0 + $1.qty }, amount: amount.amount, currency: amount.currency, buyer: buyer,
            address: address, cartId: cartId, checkout: checkout, owner: owner, status: .paymentPending,
            paymentStatus: .requiresPayment, fulfilmentStatus: .none, placedAt: time)
    }
}

extension Order {
    /// Reads documents of every version. The first version had one status for payment and fulfilment; the two are
    /// derived from it and the stored times.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let earlier = try decoder.container(keyedBy: EarlierKeys.self)
        let stored = try values.decode(OrderStatus.self, forKey: .status)
        let status = try earlier.decodeIfPresent(OrderStatus.self, forKey: .statusBeforeCancelling) ?? stored
        let (paidAt, refunded) = (
            try values.decodeIfPresent(Timestamp.self, forKey: .paidAt),
            try values.decodeIfPresent(Int64.self, forKey: .refundedAmount)
        )
        let cancelledAt = try values.decodeIfPresent(Timestamp.self, forKey: .cancelledAt)
        let amount = try values.decode(Int64.self, forKey: .amount)
        var cancellation = try values.decodeIfPresent(OrderCancellation.self, forKey: .cancellation)
        if cancellation == nil, stored == .cancelling || stored == .cancelled,
            cancelledAt != nil || stored == .cancelling
        {
            cancellation = OrderCancellation(sagaId: nil, requestedAt: nil, completedAt: cancelledAt)
        }
        self.init(
            id: try values.decode(String.self, forKey: .id), version: try values.decode(Int64.self, forKey: .version),
            branchId: try values.decode(Int64.self, forKey: .branchId),
            items: try values.decode([OrderItem].self, forKey: .items),
            sauceId: try values.decodeIfPresent(Int64.self, forKey: .sauceId),
            price: try values.decodeIfPresent(Int64.self, forKey: .price),
            qty: try values.decode(Int64.self, forKey: .qty), amount: amount,
            currency: try values.decode(Currency.self, forKey: .currency),
            buyer: try values.decode(Buyer.self, forKey: .buyer),
            address: try values.decodeIfPresent(Address.self, forKey: .address),
            cartId: try values.decodeIfPresent(String.self, forKey: .cartId),
            checkout: try values.decodeIfPresent(CheckoutStyle.self, forKey: .checkout),
            owner: try values.decodeIfPresent(Principal.self, forKey: .owner), status: stored,
            paymentStatus: try values.decodeIfPresent(OrderPaymentStatus.self, forKey: .paymentStatus)
                ?? status.payment(isPaid: paidAt != nil, RefundedShare(refunded ?? 0, of: amount)),
            fulfilmentStatus: try values.decodeIfPresent(FulfilmentStatus.self, forKey: .fulfilmentStatus)
                ?? status.fulfilment,
            cancellation: cancellation, paymentId: try values.decodeIfPresent(String.self, forKey: .paymentId),
            paymentVersion: try values.decode(Int64.self, forKey: .paymentVersion),
            deliveryVersion: try values.decode(Int64.self, forKey: .deliveryVersion),
            failureReason: try values.decodeIfPresent(String.self, forKey: .failureReason), refundedAmount: refunded,
            placedAt: try values.decode(Timestamp.self, forKey: .placedAt), paidAt: paidAt,
            refundedAt: try values.decodeIfPresent(Timestamp.self, forKey: .refundedAt),
            disputedAt: try values.decodeIfPresent(Timestamp.self, forKey: .disputedAt),
            shippedAt: try values.decodeIfPresent(Timestamp.self, forKey: .shippedAt),
            deliveredAt: try values.decodeIfPresent(Timestamp.self, forKey: .deliveredAt),
            returnedAt: try values.decodeIfPresent(Timestamp.self, forKey: .returnedAt), cancelledAt: cancelledAt,
            settleTries: try values.decodeIfPresent(Int.self, forKey: .settleTries),
            settleAt: try values.decodeIfPresent(Timestamp.self, forKey: .settleAt),
            paymentDueAt: try values.decodeIfPresent(Timestamp.self, forKey: .paymentDueAt))
    }

    private enum EarlierKeys: String, CodingKey {
        case statusBeforeCancelling
    }
}

/// The status of an order in one word, for people. Rules look at the two states that it is derived from.
public enum OrderStatus: String, Codable, Sendable, CaseIterable {
    /// Accepted; whether its payment has started is not known yet, and is being found out.
    case paymentPending = "PAYMENT_PENDING"
    /// Its payment has started; the provider's confirmation is awaited.
    case placed = "PLACED"
    /// Its money is captured.
    case paid = "PAID"
    /// The provider refused; nothing was captured.
    case paymentFailed = "PAYMENT_FAILED"
    /// Some of the money, or all of it, went back.
    case partiallyRefunded = "PARTIALLY_REFUNDED"
    case refunded = "REFUNDED"
    case shipped = "SHIPPED"
    case delivered = "DELIVERED"
    /// The buyer's bank disputes the payment.
    case disputed = "DISPUTED"
    /// Delivery, payment and stock are being asked to take back their parts.
    case cancelling = "CANCELLING"
    /// It will not be carried out; nothing is charged for it.
    case cancelled = "CANCELLED"

    /// Whether the payment was decided.
    public var isDecided: Bool { self != .paymentPending && self != .placed }
}

extension OrderStatus {
    init(payment: OrderPaymentStatus, fulfilment: FulfilmentStatus, cancellation: OrderCancellation?) {
        self =
            switch (cancellation, payment) {
            case (.some(let cancellation), _): cancellation.completedAt == nil ? .cancelling : .cancelled
            case (nil, .requiresPayment): .paymentPending
            case (nil, .pending), (nil, .authorised): .placed
            case (nil, .failed): .paymentFailed
            case (nil, .cancelled): .cancelled
            case (nil, .refunded): .refunded
            case (nil, .disputed): .disputed
            case (nil, .paid) where fulfilment == .shipped, (nil, .partiallyRefunded) where fulfilment == .shipped:
                .shipped
            case (nil, .paid) where fulfilment == .delivered, (nil, .partiallyRefunded) where fulfilment == .delivered:
                .delivered
            case (nil, .paid): .paid
            case (nil, .partiallyRefunded): .partiallyRefunded
            }
    }
}

extension OrderStatus {
    /// Returns the payment status of a document that has none of its own.
    func payment(isPaid: Bool, _ refunded: RefundedShare) -> OrderPaymentStatus {
        switch self {
        case .refunded: .refunded
        case _ where isPaid: .keeping(refunded)
        case .paid, .shipped, .delivered: .keeping(refunded)
        case .partiallyRefunded: .partiallyRefunded
        case .paymentFailed: .failed
        case .placed: .pending
        case .disputed: .disputed
        case .paymentPending, .cancelling: .requiresPayment
        case .cancelled: .cancelled
        }
    }

    /// The fulfilment status of such a document. The start of a delivery was not recorded then.
    var fulfilment: FulfilmentStatus {
        switch self {
        case .shipped: .shipped
        case .delivered: .delivered
        case .cancelled: .cancelled
        case .paymentPending, .placed, .paid, .paymentFailed, .partiallyRefunded, .refunded, .disputed, .cancelling:
            .none
        }
    }
}

/// The cancellation of an order, from its request to its end.
public struct OrderCancellation: Codable, Sendable, Hashable {
    /// The saga of the cancellation; `nil` if the order was withdrawn before it was created.
    public let sagaId: String?
    public let requestedAt: Timestamp?
    public internal(set) var completedAt: Timestamp?
    /// The sum of the refunds that the buyer was told of when it was completed or later, in minor units.
    public internal(set) var refundedAmount: Int64?
}
