public import HTTP
public import Storage

/// How a database's trouble looks to a caller: come again, the other one was faster, or look before you come again.
extension StorageError: ProblemConvertible {
    public var problem: Problem {
        switch code {
        case .unavailable, .closed:
            .unavailableUnlessActed("The database does not answer now")
        case .notDurable: .unavailableUnlessActed("The database is not set up to keep what it confirms")
        case .outcomeUnknown: .outcomeUnknown("The database did not confirm the commit")
        case .versionConflict:
            Problem(status: 409, detail: "Somebody else changed it at the same time", retryAfter: .seconds(1))
        case .invalidQuery: Problem(status: 400, detail: message)
        default: Problem(status: 500)
        }
    }
}
