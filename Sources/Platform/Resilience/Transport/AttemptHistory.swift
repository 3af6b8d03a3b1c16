import HTTP

/// What is known about all attempts of one call together.
///
/// An order may be given up when payment certainly did not start. If one of several attempts may have arrived, nobody may
/// conclude that from the last one alone.
struct AttemptHistory: Sendable {
    private var first: (code: TransportError.Code, message: String)?

    mutating func note(_ outcome: AttemptOutcome, _ message: String) {
        guard first == nil, outcome.mayHaveArrived else { return }
        switch outcome {
        case .answered: first = (.interrupted, message)
        case .failed(let code): first = (code, message)
        }
    }

    /// The error of the whole call, when `last` is that of its last attempt.
    func error(_ last: TransportError) -> TransportError {
        guard last.isKnownNotSent, let first else { return last }
        return TransportError(first.code, "\(last.message); an earlier attempt may have arrived: \(first.message)")
    }
}
