import HTTP

/// What is known about all attempts of one call together.
///
/// An order may be given up when payment certainly did not start. If one of several attempts may have arrived, nobody may
/// conclude that from the last one alone.
struct AttemptHistory: Sendable {
    private var first: (code: TransportError.Code, message: String, status: Int?)?

    mutating func note(_ outcome: AttemptOutcome, _ message: String) {
        guard first == nil, outcome.mayHaveArrived else { return }
        switch outcome {
        case .answered(let status, _): first = (.interrupted, message, status)
        case .failed(let code): first = (code, message, nil)
        }
    }

    /// The error in place of the last attempt's answer, where that one says only that the last attempt was not looked at.
    /// `nil` where the answer holds for all attempts: it is about the request, or each one was answered so.
    func error(inPlaceOf status: Int, _ message: String) -> TransportError? {
        guard Self.notLookedAt.contains(status), let first, first.status != status else { return nil }
        return TransportError(first.code, "\(message); an earlier attempt may have arrived: \(first.message)")
    }

    /// Answers that are about the attempt: not authorised, too slow, too early, too many, not now.
    private static let notLookedAt: Set<Int> = [401, 403, 407, 408, 421, 425, 429, 503]

    /// The error of the whole call, when `last` is that of its last attempt.
    func error(_ last: TransportError) -> TransportError {
        guard last.isKnownNotSent, let first else { return last }
        return TransportError(first.code, "\(last.message); an earlier attempt may have arrived: \(first.message)")
    }
}
