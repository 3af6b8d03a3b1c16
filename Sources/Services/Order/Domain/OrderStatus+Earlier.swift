import Contracts

extension OrderStatus {
    /// Of a document that has no payment status of its own.
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

    /// The same of fulfilment. That a delivery was started was not noted then.
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
