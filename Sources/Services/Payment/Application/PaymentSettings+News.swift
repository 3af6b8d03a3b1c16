import Kernel
import PaymentProviders

extension PaymentSettings {
    /// Returns when the provider is first asked about a call without an outcome, for example after the process died.
    func firstCheck(from now: Timestamp) -> Timestamp { now + callLimit + retry.firstDelay }

    /// Returns the delay until the provider is asked again. It grows with each unknown outcome, and has jitter, so that
    /// calls that started together are not repeated together.
    func checkDelay(after checks: Int, random: UInt64) -> Duration {
        checks == 0 ? retry.firstDelay : retry.delay(after: checks + 1) { random }
    }

    /// Translates an answer of the provider into news of an attempt, with the time of the next check.
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
    /// The provider's report of the movement; `nil` if the answer does not confirm one.
    var report: ProviderReport? {
        switch self {
        case .accepted(let report), .succeeded(let report): report
        case .refused, .notSent, .unknown, .storedError: nil
        }
    }
}
