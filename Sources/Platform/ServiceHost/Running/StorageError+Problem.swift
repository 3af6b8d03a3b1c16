public import HTTP
public import Storage

/// How a database's trouble looks to a caller: come again, the other one was faster, or look before you come again.
extension StorageError: ProblemConvertible {
    public var problem: Problem {
        var problem = bareProblem
        if problem.status >= 500 { problem.dependency = Self.dependency }
        return problem
    }

    private static let dependency = "database"

    private var bareProblem: Problem {
        switch code {
        case .unavailable, .closed:
            .unavailableUnlessActed("The database does not answer now", dependency: Self.dependency)
        case .full: .unavailableUnlessActed("The database's disk is full", dependency: Self.dependency)
        case .damaged: .unavailableUnlessActed("The database is damaged", dependency: Self.dependency)
        case .overloaded:
            .unavailableUnlessActed("Too many lists are read at the same time", dependency: Self.dependency)
        case .tooSlow: tooSlow
        case .notDurable:
            .unavailableUnlessActed("The database is not set up to keep what it confirms", dependency: Self.dependency)
        case .outcomeUnknown: .outcomeUnknown("The database did not confirm the commit")
        case .versionConflict:
            Problem(status: 409, detail: "Somebody else changed it at the same time", retryAfter: .seconds(1))
        case .invalidQuery: Problem(status: 400, detail: message)
        default: Problem(status: 500)
        }
    }

    /// A repetition would take as long, unless others have taken the time.
    private var tooSlow: Problem {
        var problem = Problem.unavailableUnlessActed(
            "The database took too long: \(message)", dependency: Self.dependency)
        if !problem.isOutcomeUnknown {
            problem.type = "/problems/query-too-slow"
            problem.title = "The query takes too long"
        }
        return problem
    }
}
