public import Kernel
public import Storage

/// A decision that only a person can make: it is open until somebody made it, or until it is no longer needed.
public struct OperatorTask: Entity, Hashable {
    public enum State: String, Codable, Sendable, CaseIterable {
        case open = "OPEN"
        case resolved = "RESOLVED"
    }
    /// A fact that the decision rests on. A list rather than an object, so that the facts keep their order.
    public struct Evidence: Codable, Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
    /// A way to resolve the task.
    public struct Action: Codable, Sendable, Hashable {
        public let name: String
        public let summary: String

        public init(_ name: String, _ summary: String) {
            self.name = name
            self.summary = summary
        }
    }
    /// A step in the life of the task.
    public struct Step: Codable, Sendable, Hashable {
        public let at: Timestamp
        /// `OPENED`, `EVIDENCE`, or the action that resolved it.
        public let step: String
        public let by: String?
        public let note: String?
    }
    /// The kind and the subject: there is one record for both, opened again if the matter comes up again.
    public let id: String
    public var version: Int64 = 0
    public let kind: String
    public let subject: String
    public let orderId: String?
    public let paymentId: String?
    public internal(set) var evidence: [Evidence]
    public internal(set) var actions: [Action]
    public internal(set) var openedAt: Timestamp
    public internal(set) var state = State.open
    /// The action that was taken; `nil` while the task is open.
    public internal(set) var resolution: String?
    public internal(set) var resolutionReason: String?
    public internal(set) var resolvedBy: String?
    public internal(set) var resolvedAt: Timestamp?
    /// The latest steps, the oldest first.
    public internal(set) var history: [Step]

    public static let collection = Collection<OperatorTask>(
        "operatorTasks",
        fields: [
            .text("kind", indexed: true) { $0.kind },
            .text("state", indexed: true) { $0.state.rawValue },
            .text("orderId", indexed: true) { $0.orderId },
            .text("paymentId") { $0.paymentId },
            .time("openedAt") { $0.openedAt },
        ])

    static let maximumHistory = 50

    init(
        _ kind: OperatorTaskKind, subject: String, orderId: String?, paymentId: String?, evidence: [Evidence],
        at time: Timestamp
    ) {
        id = Self.id(kind, subject)
        self.kind = kind.name
        self.subject = subject
        self.orderId = orderId
        self.paymentId = paymentId
        self.evidence = evidence
        actions = kind.actions
        openedAt = time
        history = [Step(at: time, step: "OPENED", by: nil, note: nil)]
    }

    static func id(_ kind: OperatorTaskKind, _ subject: String) -> String { kind.name + "-" + subject }

    /// The matter came up again: evidence that differs is kept, and a resolved task is open again. `false` if nothing
    /// changed.
    mutating func renew(_ kind: OperatorTaskKind, evidence: [Evidence], at time: Timestamp) -> Bool {
        guard state == .resolved || evidence != self.evidence else { return false }
        if state == .resolved {
            (state, openedAt) = (.open, time)
            (resolution, resolutionReason, resolvedBy, resolvedAt) = (nil, nil, nil, nil)
            note(Step(at: time, step: "OPENED", by: nil, note: nil))
        } else {
            let former = self.evidence.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
            note(Step(at: time, step: "EVIDENCE", by: nil, note: "before: " + former))
        }
        self.evidence = evidence
        actions = kind.actions
        return true
    }

    mutating func resolve(_ action: String, by person: String, reason: String, at time: Timestamp) {
        state = .resolved
        (resolution, resolutionReason, resolvedBy, resolvedAt) = (action, reason, person, time)
        note(Step(at: time, step: action, by: person, note: reason))
    }

    private mutating func note(_ step: Step) {
        history.append(step)
        // The first step stays: it says when it all began.
        if history.count > Self.maximumHistory { history.remove(at: 1) }
    }
}

/// A kind of decision, and the ways out of it.
public struct OperatorTaskKind: Sendable, Hashable {
    /// In capitals, for example `REFUND_REFUSED`: a label of metrics and a part of identifiers.
    public let name: String
    public let summary: String
    public let actions: [OperatorTask.Action]

    public init(_ name: String, _ summary: String, actions: [OperatorTask.Action]) {
        self.name = name
        self.summary = summary
        self.actions = actions
    }
}
