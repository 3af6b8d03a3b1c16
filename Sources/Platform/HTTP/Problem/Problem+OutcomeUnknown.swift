extension Problem {
    /// The type of an answer to a request that may have been done.
    public static let outcomeUnknownType = "/problems/outcome-unknown"

    public var isOutcomeUnknown: Bool { type == Self.outcomeUnknownType }

    /// The request may have been done: nobody knows. It has no `Retry-After`, since a client that sends it again without an
    /// `Idempotency-Key` may have it done twice.
    ///
    /// A server whose own work has an unknown outcome answers 500; a gateway that has lost the server behind it 502 or 504.
    /// `look` is the address of the resource that shows whether it was done.
    public static func outcomeUnknown(_ reason: String, status: Int = 500, look: String? = nil) -> Problem {
        var problem = Problem(
            status: status, title: "It is not known whether the request was done",
            detail:
                "\(reason). The request may have been done. To send it again is safe with the same Idempotency-Key, "
                + "and only with it; without a key, look first whether it was done.",
            type: outcomeUnknownType)
        problem.look = look
        return problem
    }

    /// 503 with `Retry-After` where the current request certainly had no effect so far; else the outcome is unknown.
    public static func unavailableUnlessActed(_ reason: String) -> Problem {
        RequestEffects.current?.hasActed == true ? .outcomeUnknown(reason) : .unavailable(reason)
    }

    /// The error of a request that was broken off while it was worked on.
    package static func brokenOff(_ method: Method, _ reason: String, retryAfter: Duration = .seconds(2)) -> Problem {
        method.isSafe ? .unavailable(reason, retryAfter: retryAfter) : .outcomeUnknown(reason)
    }
}

extension Method {
    /// Whether the client asks for no change of state (RFC 9110 §9.2.1).
    package var isSafe: Bool { [.get, .head, .options].contains(self) }
}
