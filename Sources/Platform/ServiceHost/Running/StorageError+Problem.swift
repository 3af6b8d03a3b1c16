public import HTTP
public import Storage

/// How a database's trouble looks to a caller: come again, or the other one was faster.
extension StorageError: ProblemConvertible {
    public var problem: Problem {
        switch code {
        case .unavailable, .closed: .unavailable("The database does not answer now")
        case .versionConflict:
            Problem(status: 409, detail: "Somebody else changed it at the same time", retryAfter: .seconds(1))
        case .invalidQuery: Problem(status: 400, detail: message)
        default: Problem(status: 500)
        }
    }
}
