import HTTP
import Kernel

/// The end of one attempt.
enum Attempt: Sendable {
    case done(Result<Response, TransportError>)
    case circuitOpen(CircuitBreaker.Rejection)
    case noRoom(Bulkhead.Rejection)

    /// Returns the error of an attempt that was not made. It says that nothing was sent, unless the caller cancelled
    /// the call.
    func rejection(_ name: String) -> TransportError {
        switch self {
        case .done: preconditionFailure("an attempt that was made is not a rejection")
        case .circuitOpen(let rejection):
            TransportError(
                .unreachable, "\(name): circuit open, next try in \(rejection.retryAfter.wholeMilliseconds) ms")
        case .noRoom(.full): TransportError(.unreachable, "\(name): too many calls wait already")
        case .noRoom(.waitedTooLong): TransportError(.unreachable, "\(name): waited too long for a turn")
        case .noRoom(.cancelled): TransportError(.cancelled, "\(name): cancelled while waiting for a turn")
        }
    }
}
