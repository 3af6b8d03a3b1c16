public import HTTP
public import Messaging

/// How it looks to an operator that a dead letter cannot be dealt with as asked.
extension DeadLetterError: ProblemConvertible {
    public var problem: Problem {
        switch code {
        case .unknown: Problem(status: 404, detail: message)
        case .notFirst, .changed, .noHandler: Problem(status: 409, detail: message)
        case .notJSON: .invalid("data", "must be JSON")
        }
    }
}
