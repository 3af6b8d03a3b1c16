import HTTP

/// The combined knowledge about all attempts of one call.
///
/// A caller may cancel an order only if its payment certainly did not start. If one of several attempts may have
/// arrived, the last attempt alone does not prove that.
struct AttemptHistory: Sendable {
    private var first: (code: TransportError.Code, message: String, status: Int?)?

    mutating func note(_ outcome: AttemptOutcome, _ message: String) {
        guard first == nil, outcome.mayHaveArrived else { return }
        switch outcome {
        case .answered(let status, _): first = (.interrupted, message, status)
        case .failed(let code): first = (code, message, nil)
        }
    }

    /// Returns the error that replaces the last attempt's answer if that answer says only that the last attempt was not
    /// processed. Returns `nil` if the answer holds for all attempts: it is about the request, or all were answered so.
    func error(inPlaceOf status: Int, _ message: String) -> TransportError? {
        guard Self.notLookedAt.contains(status), let first, first.status != status else { return nil }
        return TransportError(first.code, "\(message); an earlier attempt may have arrived: \(first.message)")
    }

    /// Statuses that are about one attempt: not authorised, too slow, too early, too many, not now.
    private static let notLookedAt: Set<Int> = [401, 403, 407, 408, 421, 425, 429, 503]

    /// Returns the error of the whole call; `last` is the error of its last attempt.
    func error(_ last: TransportError) -> TransportError {
        guard last.isKnownNotSent, let first else { return last }
        return TransportError(first.code, "\(last.message); an earlier attempt may have arrived: \(first.message)")
    }
}
