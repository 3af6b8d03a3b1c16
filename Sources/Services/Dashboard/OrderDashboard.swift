public import Contracts
public import Kernel
import REST
public import Storage

/// A row of the dashboard: what several services know of one order, side by side. Events of different services may
/// come in any order; each fills its own columns.
public struct OrderDashboard: Entity, Hashable {
    public enum Status: String, Codable, Sendable {
        case placed = "PLACED"
        case paid = "PAID"
        case paymentFailed = "PAYMENT_FAILED"
        case partiallyRefunded = "PARTIALLY_REFUNDED"
        case refunded = "REFUNDED"
        /// It is being given up, which may wait for a person.
        case cancelling = "CANCELLING"
        case cancelled = "CANCELLED"
    }
    /// The order's identifier.
    public let id: String
    public var version: Int64 = 0
    public let orderId: String
    public private(set) var cartId: String?
    public private(set) var customerId: String?
    public private(set) var branchId: Int64?
    /// The customer for whom the order was placed; `nil` if nobody has said who asks.
    public internal(set) var owner: Principal?
    /// The sauce of the order if it has only one line.
    public private(set) var sauceId: Int64?
    /// The number of pieces of all lines.
    public private(set) var qty: Int64?
    /// Minor units.
    public private(set) var amount: Int64?
    public private(set) var currency: Currency?
    public private(set) var status: Status = .placed
    /// How far its money is, and where its goods are: two states that know nothing of each other. Rows of before have
    /// none until something else is told of their orders.
    public private(set) var paymentStatus: OrderPaymentStatus? = .requiresPayment
    public private(set) var fulfilmentStatus: FulfilmentStatus? = FulfilmentStatus.none
    public private(set) var placedAt: Timestamp?
    public private(set) var isPaid = false
    public private(set) var paymentId: String?
    public private(set) var paidAt: Timestamp?
    /// The money that was captured, in minor units. Rows that an earlier version of the program has stored since have
    /// none.
    public private(set) var capturedAmount: Int64?
    public private(set) var failureReason: String?
    /// Minor units.
    public private(set) var refundedAmount: Int64?
    public private(set) var deliveryId: String?
    public private(set) var deliveryStatus: String?
    public private(set) var deliveryStartedAt: Timestamp?
    public private(set) var shippedAt: Timestamp?
    /// The carrier's.
    public private(set) var trackingCode: String?
    public private(set) var deliveredAt: Timestamp?
    /// How many messages about it were sent, and when the last one was.
    public private(set) var messagesSent = 0
    public private(set) var notifiedAt: Timestamp?
    /// The time of the last event about it.
    public private(set) var updatedAt: Timestamp?

    public static let collection = Collection<OrderDashboard>(
        "orderDashboards",
        fields: [
            .text("status", indexed: true) { $0.status.rawValue },
            .text("customerId") { $0.customerId },
            .integer("branchId") { $0.branchId },
            .integer("amount") { $0.amount },
            .time("placedAt", indexed: true) { $0.placedAt },
            .time("paidAt") { $0.paidAt },
            .text("deliveryStatus") { $0.deliveryStatus },
            .owner { $0.owner },
            .branch { $0.branchId },
            .time("updatedAt", indexed: true) { $0.updatedAt },
            // The fields that the fourth migration added: `customerId` had no index.
            .text("buyerId", indexed: true) { $0.customerId },
            .text("statusPlacedAt", indexed: true) { $0.statusPlacedAt },
        ])

    /// The declared fields of the first migration.
    static let firstSchema = collection.schema.without(Ownership.fields + laterFields)
    static let laterFields = ["updatedAt", "buyerId", "statusPlacedAt"]

    /// The orders of one status in the order in which they were placed, for an index.
    private var statusPlacedAt: String {
        let time = String(max(0, placedAt?.milliseconds ?? 0))
        return status.rawValue + " " + String(repeating: "0", count: max(0, 15 - time.utf8.count)) + time
    }

    public init(orderId: String) {
        id = orderId
        self.orderId = orderId
    }

    /// Events of different services may come in any order.
    mutating func changed(at time: Timestamp) { updatedAt = max(updatedAt ?? time, time) }

    mutating func apply(_ event: OrderPlaced) { describe(event.order) }

    mutating func apply(_ event: OrderPaid) {
        describe(event.order)
        status = .paid
    }

    mutating func apply(_ event: OrderPaymentFailed) {
        status = .paymentFailed
        failureReason = event.reason
    }

    mutating func apply(_ event: OrderRefunded) {
        if status != .cancelled { status = event.isWhole ? .refunded : .partiallyRefunded }
        refundedAmount = event.refundedAmount
    }

    mutating func apply(_ event: PaymentApproved) {
        payment(.captured)
        isPaid = true
        paymentId = event.paymentId
        paidAt = event.approvedAt
        capturedAmount = event.amount
    }

    mutating func apply(_ event: PaymentAuthorised) { payment(.authorised) }

    mutating func apply(_ event: PaymentFailed) { payment(.failed) }

    mutating func apply(_ event: PaymentCancelled) { payment(.cancelled) }

    mutating func apply(_ event: PaymentRefunded) { payment(.refunded(event.isWhole ? .whole : .part)) }

    mutating func apply(_ event: OrderRefundFailed) {
        let share = RefundedShare(event.refundedAmount, of: event.order.amount)
        payment(.refundFailed(share))
        refundedAmount = event.refundedAmount
        guard status == .refunded || status == .partiallyRefunded else { return }
        status = share == .none ? .paid : share == .part ? .partiallyRefunded : .refunded
    }

    mutating func apply(_ event: OrderDisputed) {
        switch event.stage {
        case .opened, .fundsWithdrawn, .lost: payment(.disputed)
        case .won, .fundsReinstated:
            payment(.disputeWon(RefundedShare(refundedAmount ?? 0, of: event.order.amount)))
        }
    }

    mutating func apply(_ event: OrderReturned) { fulfilment(.returned) }

    mutating func apply(_ event: DeliveryStarted) {
        fulfilment(.started)
        deliveryId = event.deliveryId
        deliveryStatus = deliveryStatus ?? "STARTED"
        deliveryStartedAt = event.startedAt
    }

    mutating func apply(_ event: DeliveryShipped) {
        fulfilment(.shipped)
        deliveryId = event.deliveryId
        deliveryStatus = "SHIPPED"
        shippedAt = event.shippedAt
        trackingCode = event.trackingCode
    }

    mutating func apply(_ event: DeliveryDelivered) {
        fulfilment(.delivered)
        deliveryId = event.deliveryId
        deliveryStatus = "DELIVERED"
        deliveredAt = event.deliveredAt
    }

    mutating func apply(_ event: DeliveryCancelled) {
        fulfilment(.cancelled)
        deliveryId = event.deliveryId
        deliveryStatus = "CANCELLED"
    }

    mutating func apply(_ event: OrderCancellationBegan) { status = .cancelling }

    mutating func apply(_ event: OrderCancellationRefused) { status = Status(event.paymentStatus) }

    mutating func apply(_ event: OrderCancelled) {
        describe(event.order)
        fulfilment(.cancelled)
        if event.refundedAmount == 0, event.isPaymentOpen != true { payment(.cancelled) }
        status = .cancelled
        failureReason = event.reason
        if event.refundedAmount > 0 { refundedAmount = event.refundedAmount }
    }

    mutating func apply(_ event: NotificationSent) {
        messagesSent += 1
        notifiedAt = event.sentAt
    }

    private mutating func payment(_ event: OrderPaymentEvent) {
        let known =
            paymentStatus ?? (isPaid ? .keeping(RefundedShare(refundedAmount ?? 0, of: amount ?? .max)) : .pending)
        paymentStatus = known.after(event) ?? known
    }

    private mutating func fulfilment(_ event: FulfilmentEvent) {
        let known = fulfilmentStatus ?? deliveryStatus.flatMap(FulfilmentStatus.init) ?? FulfilmentStatus.none
        fulfilmentStatus = known.after(event) ?? known
    }

    private mutating func describe(_ order: OrderSummary) {
        owner = order.owner
        cartId = order.cartId
        customerId = order.buyer.customerId
        branchId = order.branchId
        sauceId = order.items.count == 1 ? order.items.first?.sauceId : nil
        qty = order.qty
        amount = order.amount
        currency = order.currency
        placedAt = order.placedAt
    }
}

extension OrderDashboard.Status {
    /// Maps the payment status of an order that is not given up. A dispute does not show in it.
    fileprivate init(_ payment: OrderPaymentStatus) {
        self =
            switch payment {
            case .requiresPayment, .pending, .authorised: .placed
            case .paid, .disputed: .paid
            case .partiallyRefunded: .partiallyRefunded
            case .refunded: .refunded
            case .failed: .paymentFailed
            case .cancelled: .cancelled
            }
    }
}
