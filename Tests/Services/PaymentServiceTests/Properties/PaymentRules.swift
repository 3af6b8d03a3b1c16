import PaymentProviders

@testable import PaymentService

/// What must hold of a payment at every moment.
enum PaymentRules {
    static func check(
        _ payment: Payment, before: Payment, _ require: (Bool, String) throws -> Void
    ) rethrows {
        let (captured, refunded) = (payment.capturedAmount, payment.refundedAmount)
        try require(0 <= captured && captured <= payment.amount, "captured is at most the amount")
        try require(0 <= refunded && refunded <= captured, "refunded is at most what was captured")
        try require(payment.refundable >= 0, "refunds under way are at most what is left")
        try require(agrees(payment), "status and amounts agree")
        try require(sum(payment, [.charge, .capture]) == captured, "captured is what succeeded attempts took")
        try require(sum(payment, [.refund]) == refunded, "refunded is what succeeded attempts gave back")
        try require(!before.needsOperator || payment.needsOperator, "who has to look is not forgotten")
        try require((payment.checkAt == nil) == !payment.attempts.contains(where: \.isOpen), "what is open is checked")
        try require(
            !before.status.isFinal || payment.status == before.status, "an end is the end: \(before.status.rawValue)")
        try require(
            before.cancellationRequestedAt == nil || payment.cancellationRequestedAt != nil,
            "a cancellation is not forgotten")
        try require(isOnItsWayBack(payment), "what is cancelled is settled, awaited, or was refused by the provider")
        try require(
            payment.allowedActions.allSatisfy { payment.status.mayEver.contains($0) },
            "allowed is what the status may: \(payment.status.rawValue)")
    }

    private static func sum(_ payment: Payment, _ actions: Set<ProviderAction>) -> Int64 {
        payment.attempts.filter { actions.contains($0.action) && $0.state == .succeeded }.reduce(0) { $0 + $1.amount }
    }

    private static func isOnItsWayBack(_ payment: Payment) -> Bool {
        guard payment.cancellationRequestedAt != nil, case .toGiveBack(let action, _) = payment.cancellation else {
            return true
        }
        return payment.attempts.contains { $0.action == action && $0.state == .refused }
    }

    private static func agrees(_ payment: Payment) -> Bool {
        let (captured, refunded) = (payment.capturedAmount, payment.refundedAmount)
        return switch payment.status {
        case .pending, .authorised, .failed, .cancelled, .expired: captured == 0 && refunded == 0
        case .captured: captured > 0 && refunded == 0
        case .partiallyRefunded: 0 < refunded && refunded < captured
        case .refunded: captured > 0 && refunded == captured
        }
    }
}

extension PaymentStatus {
    var isFinal: Bool { [.refunded, .failed, .cancelled, .expired].contains(self) }

    /// Written down a second time on purpose: the table of the state machine is under test.
    var mayEver: Set<ProviderAction> {
        switch self {
        case .pending: [.charge, .authorise]
        case .authorised: [.capture, .void]
        case .captured, .partiallyRefunded: [.refund]
        case .refunded, .failed, .cancelled, .expired: []
        }
    }
}
