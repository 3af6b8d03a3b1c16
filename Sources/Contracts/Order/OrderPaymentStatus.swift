/// How far the money of an order is. Independent of where its goods are.
public enum OrderPaymentStatus: String, Codable, Sendable, Hashable, CaseIterable {
    /// Whether its payment has begun is not known yet, and is being found out.
    case requiresPayment = "REQUIRES_PAYMENT"
    /// The provider has it; its confirmation is awaited.
    case pending = "PENDING"
    /// The amount is reserved, and not taken yet.
    case authorised = "AUTHORISED"
    case paid = "PAID"
    case partiallyRefunded = "PARTIALLY_REFUNDED"
    case refunded = "REFUNDED"
    /// The provider refused; nothing was captured.
    case failed = "FAILED"
    /// The payment was given up before anything was captured.
    case cancelled = "CANCELLED"
    /// The buyer's bank disputes the capture.
    case disputed = "DISPUTED"
}

/// How much of a captured amount went back.
public enum RefundedShare: Sendable, Hashable, CaseIterable {
    case none, part, whole

    /// Derives the share from amounts in minor units.
    public init(_ refunded: Int64, of amount: Int64) {
        self = refunded <= 0 ? .none : refunded < amount ? .part : .whole
    }
}

/// An event in the life of an order's money.
public enum OrderPaymentEvent: Sendable, Hashable {
    case started, authorised, captured, failed, cancelled
    /// So much went back by now.
    case refunded(RefundedShare)
    /// A confirmed refund did not go through: so much stays refunded.
    case refundFailed(RefundedShare)
    case disputed
    /// The money stays with the shop, as far as it was not refunded.
    case disputeWon(RefundedShare)
}

extension OrderPaymentStatus {
    /// The state after `event`, or `nil` if the event changes nothing. Money that arrives late counts: a payment that
    /// had failed or was given up is paid once its capture is confirmed, until the money has gone back.
    public func after(_ event: OrderPaymentEvent) -> OrderPaymentStatus? {
        let next: OrderPaymentStatus? =
            switch (event, self) {
            case (.started, .requiresPayment): .pending
            case (.authorised, .requiresPayment), (.authorised, .pending), (.authorised, .failed): .authorised
            case (.captured, .requiresPayment), (.captured, .pending), (.captured, .authorised), (.captured, .failed),
                (.captured, .cancelled):
                .paid
            case (.failed, .requiresPayment), (.failed, .pending), (.failed, .authorised): .failed
            case (.cancelled, .requiresPayment), (.cancelled, .pending), (.cancelled, .authorised): .cancelled
            case (.refunded(.whole), .disputed): .refunded
            case (.refunded(let share), .paid), (.refunded(let share), .partiallyRefunded): Self.keeping(share)
            case (.refundFailed(let share), .refunded), (.refundFailed(let share), .partiallyRefunded):
                Self.keeping(share)
            case (.disputed, .paid), (.disputed, .partiallyRefunded), (.disputed, .refunded): .disputed
            case (.disputeWon(let share), .disputed): Self.keeping(share)
            default: nil
            }
        return next == self ? nil : next
    }

    /// The status of a captured amount of which so much went back.
    public static func keeping(_ refunded: RefundedShare) -> OrderPaymentStatus {
        switch refunded {
        case .none: .paid
        case .part: .partiallyRefunded
        case .whole: .refunded
        }
    }

    /// Whether the amount was captured, wherever it is now.
    public var isCaptured: Bool {
        switch self {
        case .paid, .partiallyRefunded, .refunded, .disputed: true
        case .requiresPayment, .pending, .authorised, .failed, .cancelled: false
        }
    }

    /// Whether the provider's answer is still awaited.
    public var isOpen: Bool { self == .requiresPayment || self == .pending || self == .authorised }
}
