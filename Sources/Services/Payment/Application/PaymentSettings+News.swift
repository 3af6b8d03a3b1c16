import Kernel
import PaymentProviders

extension PaymentSettings {
    /// When the provider is asked about a call that nobody answered for: the process may have died during it.
    func firstCheck(from now: Timestamp) -> Timestamp { now + callLimit + retry.firstDelay }

    /// How long until the provider is asked again. Grows with each answer that did not tell, and differs from call to call,
    /// so that what began together does not come back together.
    func checkDelay(after checks: Int, random: UInt64) -> Duration {
        checks == 0 ? retry.firstDelay : retry.delay(after: checks + 1) { random }
    }

    /// What an answer of the provider says about an attempt, and when it is asked next.
    func news(
        of outcome: ProviderOutcome, for attempt: PaymentAttempt, at now: Timestamp, random: UInt64
    ) -> AttemptNews {
        let delay = checkDelay(after: attempt.checks, random: random)
        return switch outcome {
        case .succeeded(let report): .succeeded(reference: report.reference)
        case .refused(let reason): .refused(reason: reason)
        case .accepted(let report) where attempt.state != .accepted:
            .accepted(reference: report.reference, checkAt: now + confirmationTimeout)
        case .storedError: .storedError(checkAt: now + delay)
        case .accepted, .unknown: .unknown(checkAt: now + delay)
        case .notSent(_, let retryAfter): .unknown(checkAt: now + max(delay, retryAfter ?? .zero))
        }
    }
}

extension ProviderOutcome {
    /// What the provider says of the movement, where it says that there is one.
    var report: ProviderReport? {
        switch self {
        case .accepted(let report), .succeeded(let report): report
        case .refused, .notSent, .unknown, .storedError: nil
        }
    }
}
