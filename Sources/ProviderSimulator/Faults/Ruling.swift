/// How the provider means to decide about a request that it takes in.
enum Ruling: Sendable, Hashable {
    case none
    /// Refused in the answer.
    case refused
    /// Taken in, refused by the callback.
    case refusedLater
    /// Taken in, decided long after.
    case undecided(succeeds: Bool)
    /// Declined in the answer and by callback, and paid after all, long after: another card was tried.
    case declinedFirst

    var reason: String? {
        switch self {
        case .none, .undecided: nil
        case .refused, .refusedLater, .declinedFirst: "insufficient funds"
        }
    }

    var ending: Ending {
        if let reason { return .refused(reason: reason) }
        return self == .none ? .done : .undecided
    }

    var step: DeferredStep.Kind? {
        switch self {
        case .none, .refused, .refusedLater: nil
        case .undecided(let succeeds): succeeds ? .succeed : .fail
        case .declinedFirst: .succeed
        }
    }
}
