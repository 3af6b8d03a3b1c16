import Kernel
import PaymentProviders

extension PaymentSettings {
    /// When the provider is asked about a call that nobody answered for: the process may have died during it.
    func firstCheck(from now: Timestamp) -> Timestamp { now + callLimit + retryDelays[0] }

    /// What an answer of the provider says about an attempt, and when it is asked next.
    func news(of outcome: ProviderOutcome, for attempt: PaymentAttempt, at now: Timestamp) -> AttemptNews {
        let delay = retryDelays[min(attempt.checks, retryDelays.count - 1)]
        return switch outcome {
        case .succeeded(let report): .succeeded(reference: report.reference)
        case .refused(let reason): .refused(reason: reason)
        case .accepted(let report) where attempt.state != .accepted:
            .accepted(reference: report.reference, checkAt: now + confirmationTimeout)
        case .accepted, .unknown, .storedError: .unknown(checkAt: now + delay)
        case .notSent(_, let retryAfter): .unknown(checkAt: now + max(delay, retryAfter ?? .zero))
        }
    }
}
