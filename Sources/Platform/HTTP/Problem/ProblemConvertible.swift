/// An error of a lower layer that knows how it looks to the caller of an HTTP interface.
public protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

extension Problem {
    /// What the caller sees of any error. An error that this does not know is 500, and nothing of it is told.
    public init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as DecodingError: self = Problem(decoding: error)
        case let error as any ProblemConvertible: self = error.problem
        case is CancellationError: self = .unavailableUnlessActed("The request was given up before it was done")
        default: self = Problem(status: 500, detail: "The server failed to handle the request")
        }
    }
}
