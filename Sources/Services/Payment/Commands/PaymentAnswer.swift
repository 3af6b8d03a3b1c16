import Contracts
import HTTP
import Kernel
import PaymentProviders

/// How payments speak to their callers.
enum PaymentAnswer {
    /// 201 once the provider's answer is known, 202 while it is being found out, 422 where the provider refused a step on
    /// a payment that stands.
    static func response(_ payment: Payment, attempt: PaymentAttempt) throws -> Response {
        if attempt.state == .refused, attempt.action != .charge, attempt.action != .authorise {
            return Problem(
                status: 422, title: "The provider refused", detail: attempt.reason ?? "refused by the provider"
            ).response()
        }
        let isKnown = attempt.state != .requested && attempt.state != .unknown
        var response = try Response.json(receipt(payment, attempt), status: isKnown ? 201 : 202)
        response.headers.add("Location", "/payments/\(payment.id)")
        return response
    }

    /// By the latest attempt, which decides how far the payment is. A payment that was never begun has none.
    static func receipt(_ payment: Payment) -> PaymentReceipt {
        receipt(payment, payment.attempts.last { $0.isOpen } ?? payment.attempts.last)
    }

    static func receipt(_ payment: Payment, _ attempt: PaymentAttempt?) -> PaymentReceipt {
        let isKnown = attempt?.state != .requested && attempt?.state != .unknown
        let status: PaymentReceipt.Status =
            switch payment.status {
            case .pending: isKnown ? .pending : .unknown
            case .authorised: .authorised
            case .captured: .captured
            case .partiallyRefunded: .partiallyRefunded
            case .refunded: .refunded
            case .failed: .failed
            case .cancelled, .expired: .cancelled
            }
        return PaymentReceipt(
            id: payment.id, orderId: payment.orderId, status: status, version: payment.version,
            reason: payment.failureReason, attemptId: attempt?.id ?? "",
            attemptState: attempt?.state.rawValue ?? PaymentAttempt.State.refused.rawValue,
            capturedAmount: payment.capturedAmount, refundedAmount: payment.refundedAmount)
    }

    /// 409 with what would be allowed, or 422 with the limit.
    static func problem(_ step: IllegalStep) -> Problem {
        switch step {
        case .notAllowed(let action, let status, let allowed):
            let words = allowed.isEmpty ? "nothing" : allowed.map(\.rawValue).joined(separator: ", ")
            return .notPossible(
                "\(action.rawValue) is not possible while the payment is \(status.rawValue); allowed: \(words)")
        case .amount(let amount, let limit):
            return Problem(
                status: 422, title: "Amount out of range", detail: "amount \(amount) is not from 1 to \(limit)",
                errors: [.init(field: "amount", message: "must be from 1 to \(limit)")])
        case .tooMany(let limit):
            return .notPossible("the payment has \(limit) attempts; a person has to look at it before another one")
        }
    }

    /// 200 once nothing is taken or reserved any more, 409 while something is under way or tried again, 422 if the provider
    /// refused as often as it is asked: an operator task is open then.
    static func cancellation(_ payment: Payment, retryAfter: Duration) throws -> Response {
        switch payment.cancellation {
        case .settled:
            return try .json(
                PaymentCancellation(
                    orderId: payment.orderId, paymentId: payment.isTombstone ? nil : payment.id,
                    refundedAmount: payment.refundedAmount))
        case .notDecided:
            return Problem(
                status: 409, title: "Not decided yet",
                detail: "what was taken for order \(payment.orderId) is being found out; it is given back then",
                type: PaymentAPI.notDecided, retryAfter: retryAfter
            ).response()
        case .toGiveBack where payment.giveBackAt != nil:
            return Problem(
                status: 409, title: "Not decided yet",
                detail: "the provider refused to give the money back; it is asked again by itself",
                type: PaymentAPI.notDecided, retryAfter: retryAfter
            ).response()
        case .toGiveBack(let action, _):
            let refusal = payment.attempts.last { $0.action == action && $0.state == .refused }?.reason
            return Problem(
                status: 422, title: "The provider refused", detail: refusal ?? "it does not give the money back"
            ).response()
        }
    }

    static func notConfigured(_ payment: Payment) -> Problem {
        Problem(
            status: 409,
            detail: "payment \(payment.id) is \(payment.provider)'s, and that provider is not configured")
    }

    static func notStarted(_ reason: String, retryAfter: Duration) -> Problem {
        .unavailable(
            reason, title: "Payment not started", type: PaymentAPI.notStarted, retryAfter: retryAfter,
            dependency: provider)
    }

    /// The dependency that a 503 of this service names where the provider was away.
    static let provider = "payment provider"
}
