public import Kernel
import Storage

/// Which dead letters: those that meet all that is given.
public struct DeadLetterQuery: Sendable, Hashable {
    public var type: String?
    public var subject: String?
    public var source: String?
    public var eventId: String?
    public var state: DeadLetter.State?
    /// Set aside at this time or later.
    public var since: Timestamp?
    /// Set aside before this time.
    public var until: Timestamp?

    public init(
        type: String? = nil, subject: String? = nil, source: String? = nil, eventId: String? = nil,
        state: DeadLetter.State? = nil, since: Timestamp? = nil, until: Timestamp? = nil
    ) {
        self.type = type
        self.subject = subject
        self.source = source
        self.eventId = eventId
        self.state = state
        self.since = since
        self.until = until
    }

    func conditions(_ group: String) -> [Condition] {
        let texts = [
            ("group", group), ("type", type), ("subject", subject), ("source", source), ("eventId", eventId),
            ("state", state?.rawValue),
        ]
        var conditions = texts.compactMap { field, text in text.map { Condition.equal(field, .text($0)) } }
        if let since { conditions.append(.greaterOrEqual("setAsideAt", FieldValue(since))) }
        if let until { conditions.append(.less("setAsideAt", FieldValue(until))) }
        return conditions
    }
}
