import PaymentProviders

@testable import PaymentService

/// What must hold of a payment at every moment.
enum PaymentRules {
    static func check(
        _ payment: Payment, before: Payment, _ policy: GiveBackPolicy, _ require: (Bool, String) throws -> Void
    ) rethrows {
        let (captured, refunded) = (payment.capturedAmount, payment.refundedAmount)
        try require(0 <= captured && captured <= payment.amount, "captured is at most the amount")
        try require(0 <= refunded, "what was refunded is not negative")
        try require(payment.refundable >= 0, "refunds under way are at most what is left")
        try require(agrees(payment), "status and amounts agree")
        try require(sum(payment, [.charge, .capture]) == captured, "captured is what succeeded attempts took")
        try require(sum(payment, [.refund]) == refunded, "refunded is what succeeded attempts gave back")
        try require(
            payment.attempts.filter(keeps).count <= 1, "at most one capture is the order's")
        try require((payment.checkAt == nil) == !isOpen(payment), "what is open is checked, and nothing else")
        try require(
            before.cancellationRequestedAt == nil || payment.cancellationRequestedAt != nil,
            "a cancellation is not forgotten")
        try require(isOnItsWayBack(payment, policy), "what is to go back is settled, awaited, or an operator's")
        try require(
            payment.allowedActions.allSatisfy { payment.status.mayEver.contains($0) },
            "allowed is what the status may: \(payment.status.rawValue)")
        try require(isLegal(from: before, to: payment), "\(before.status.rawValue) to \(payment.status.rawValue)")
    }

    private static func keeps(_ attempt: PaymentAttempt) -> Bool {
        attempt.state == .succeeded && attempt.strayReference == nil
            && (attempt.action == .charge || attempt.action == .capture)
    }

    /// Of the order's own charge.
    private static func sum(_ payment: Payment, _ actions: Set<ProviderAction>) -> Int64 {
        payment.attempts.filter {
            actions.contains($0.action) && $0.state == .succeeded && $0.strayReference == nil
        }.reduce(0) { $0 + $1.amount }
    }

    private static func isOpen(_ payment: Payment) -> Bool {
        payment.attempts.contains { $0.isOpen || $0.verifyAt != nil } || payment.giveBackAt != nil
    }

    private static func isOnItsWayBack(_ payment: Payment, _ policy: GiveBackPolicy) -> Bool {
        let isOwed = payment.cancellationRequestedAt != nil || !payment.strayRests.isEmpty
        guard isOwed, case .toGiveBack(let action, _) = payment.cancellation else { return true }
        let refusals = payment.attempts.count {
            $0.action == action && ($0.state == .refused || $0.state == .reversed)
        }
        return payment.giveBackAt != nil || refusals >= policy.tries
    }

    private static func agrees(_ payment: Payment) -> Bool {
        let (captured, refunded) = (payment.capturedAmount, payment.refundedAmount)
        return switch payment.status {
        case .pending, .authorised, .failed, .cancelled, .expired: captured == 0 && refunded == 0
        case .captured: captured > 0 && refunded == 0
        case .partiallyRefunded: 0 < refunded && refunded < captured
        case .refunded: captured > 0 && refunded >= captured
        }
    }

    /// Money that turns up late, and refunds that do not arrive, are the only ways out of an end.
    private static func isLegal(from before: Payment, to payment: Payment) -> Bool {
        switch (before.status, payment.status) {
        case (let one, let other) where one == other: true
        case (.failed, .authorised), (.failed, .captured), (.cancelled, .captured), (.expired, .captured): true
        case (.cancelled, .authorised), (.cancelled, .pending): before.isTombstone
        case (.refunded, .captured), (.refunded, .partiallyRefunded): true
        case (let one, _): !one.isFinal
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
