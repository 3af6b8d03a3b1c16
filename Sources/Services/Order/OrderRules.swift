public import Contracts

/// The commands that an order may take.
public enum OrderCommand: String, Sendable, Hashable, CaseIterable {
    case pay, cancel, withdraw, refundWhole, refundPart, refundAndReturn

    /// The states of payment and fulfilment in which the command is possible. An order that is being cancelled takes none.
    public var rule: OrderRule { Self.rules[self] ?? OrderRule([], []) }

    private static let rules: [OrderCommand: OrderRule] = [
        .pay: OrderRule([.requiresPayment], Set(FulfilmentStatus.allCases)),
        .cancel: OrderRule([.requiresPayment, .pending, .authorised, .paid, .partiallyRefunded], inTheShop),
        .withdraw: OrderRule([.requiresPayment, .pending, .authorised, .paid, .partiallyRefunded], inTheShop),
        .refundWhole: OrderRule([.paid, .partiallyRefunded], Set(FulfilmentStatus.allCases)),
        .refundPart: OrderRule([.paid, .partiallyRefunded], Set(FulfilmentStatus.allCases)),
        .refundAndReturn: OrderRule([.paid, .partiallyRefunded], [.shipped, .delivered, .returned]),
    ]
    private static let inTheShop: Set<FulfilmentStatus> = [.none, .started, .cancelled]

    /// The participle that completes "an order cannot be".
    fileprivate var participle: String {
        switch self {
        case .pay: "paid"
        case .cancel: "cancelled"
        case .withdraw: "withdrawn"
        case .refundWhole, .refundPart: "refunded"
        case .refundAndReturn: "refunded with its stock returned"
        }
    }
}

/// A row of the table of rules: both states must be among these.
public struct OrderRule: Sendable, Hashable {
    public let payment: Set<OrderPaymentStatus>
    public let fulfilment: Set<FulfilmentStatus>

    init(_ payment: Set<OrderPaymentStatus>, _ fulfilment: Set<FulfilmentStatus>) {
        self.payment = payment
        self.fulfilment = fulfilment
    }
}

extension Order {
    /// Returns why `command` is not possible now; `nil` if it is. The reason names the state that does not allow it, and
    /// the states that would.
    public func refusal(of command: OrderCommand) -> String? {
        if let cancellation {
            let how = cancellation.completedAt == nil ? "being cancelled" : "cancelled"
            return "an order that is \(how) cannot be \(command.participle)"
        }
        let rule = command.rule
        var reasons: [String] = []
        if !rule.payment.contains(paymentStatus) {
            let others = OrderPaymentStatus.allCases.filter(rule.payment.contains).map(\.rawValue)
            reasons.append("its payment is \(paymentStatus.rawValue), not \(Self.oneOf(others))")
        }
        if !rule.fulfilment.contains(fulfilmentStatus) {
            let others = FulfilmentStatus.allCases.filter(rule.fulfilment.contains).map(\.rawValue)
            reasons.append("its fulfilment is \(fulfilmentStatus.rawValue), not \(Self.oneOf(others))")
        }
        guard !reasons.isEmpty else { return nil }
        let isCancelledInstead = command == .refundAndReturn && refusal(of: .cancel) == nil
        return "it cannot be \(command.participle): " + reasons.joined(separator: ", and ")
            + (isCancelledInstead ? "; it can be cancelled instead: POST /orders/\(id)/cancel" : "")
    }

    private static func oneOf(_ names: [String]) -> String {
        names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    }
}

/// The progress of the withdrawal of a checkout's order.
public enum OrderWithdrawal: Sendable, Hashable {
    /// Nothing is left to take back.
    case done
    case underWay
    /// The goods have left the shop.
    case tooLate
}

extension Order {
    public var withdrawal: OrderWithdrawal {
        if let cancellation { return cancellation.completedAt == nil ? .underWay : .done }
        if fulfilmentStatus.hasLeft { return .tooLate }
        switch paymentStatus {
        case .failed, .cancelled, .refunded: return .done
        case .requiresPayment, .pending, .authorised, .paid, .partiallyRefunded, .disputed: return .underWay
        }
    }
}
