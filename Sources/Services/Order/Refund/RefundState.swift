public import Saga

/// What a refund carries from step to step.
public struct RefundState: SagaState {
    public static let saga = "refund"
    /// Also the key that the payment service gets.
    public let refundId: String
    public let orderId: String
    public let paymentId: String
    /// Minor units; all that is left where there is none.
    public let amount: Int64?
    /// What was sold goes back to stock too.
    public let returnsStock: Bool
    /// Payment's name for what it asked of the provider.
    public var attemptId: String?
    public var isConfirmed = false
    /// Of the payment after it, in minor units.
    public var refundedAmount: Int64?
    /// All of the money goes back while the goods are in the shop: its delivery is given up first.
    public var stopsDelivery: Bool?
    /// Whether delivery let go of it; `false` where it had left.
    public var isDeliveryStopped: Bool?
    /// Stock is kept for the order, or was sold to it: it goes back where the goods never left.
    public var hasReservation: Bool?
    /// The goods that had left are back.
    public var isReturn: Bool?
}
