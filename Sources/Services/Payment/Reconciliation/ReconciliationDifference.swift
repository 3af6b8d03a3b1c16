public import Kernel
public import PaymentProviders
public import Storage

/// Something on which payments, ledger and the provider do not agree, from when it was found until it is settled.
public struct ReconciliationDifference: Entity, Hashable {
    public enum State: String, Codable, Sendable, CaseIterable {
        case open = "OPEN"
        /// A person knows why it is so; it may be found again.
        case explained = "EXPLAINED"
        /// An adjustment was booked for it, or both sides agree now.
        case closed = "CLOSED"
    }
    public struct Step: Codable, Sendable, Hashable {
        public let at: Timestamp
        /// `FOUND`, `EXPLAINED`, `ADJUSTED` or `AGREES`.
        public let step: String
        public let by: String?
        public let note: String?
    }
    /// The identity of the difference: found again, it is the same record.
    public let id: String
    public var version: Int64 = 0
    public let kind: ReconciliationReport.Difference.Kind
    public let orderId: String
    public let paymentId: String?
    /// The provider's name for the movement, or the attempt's id.
    public let reference: String
    public let movement: StatementLine.Kind
    /// Minor units; `nil` on the side that does not know it.
    public internal(set) var here: Int64?
    public internal(set) var there: Int64?
    public let currency: Currency
    public internal(set) var movedAt: Timestamp?
    public let openedAt: Timestamp
    public internal(set) var seenAt: Timestamp
    public internal(set) var state = State.open
    public internal(set) var history: [Step]

    public static let collection = Collection<ReconciliationDifference>(
        "differences",
        fields: [
            .text("state", indexed: true) { $0.state.rawValue },
            .text("kind") { $0.kind.rawValue },
            .text("orderId", indexed: true) { $0.orderId },
            .text("paymentId", indexed: true) { $0.paymentId },
            .text("reference", indexed: true) { $0.reference },
            .time("openedAt") { $0.openedAt },
        ])

    private static let maximumHistory = 50

    init(_ found: ReconciliationReport.Difference, movedAt: Timestamp?, at time: Timestamp) {
        id = "DIF-\(found.kind.rawValue)-\(found.movement.rawValue)-\(found.reference)"
        kind = found.kind
        orderId = found.orderId
        paymentId = found.paymentId
        reference = found.reference
        movement = found.movement
        here = found.here
        there = found.there
        currency = found.currency
        self.movedAt = movedAt
        openedAt = time
        seenAt = time
        history = [Step(at: time, step: "FOUND", by: nil, note: nil)]
    }

    /// The amount that the provider owes beside what is booked, in minor units.
    var gap: Int64 {
        let sign: Int64 = movement == .refund || movement == .dispute ? -1 : 1
        let (gap, overflow) = (there ?? 0).subtractingReportingOverflow(here ?? 0)
        return overflow ? 0 : sign * gap
    }

    private var isSettledByPerson: Bool {
        history.last.map { $0.step == "ADJUSTED" || $0.step == "EXPLAINED" } ?? false
    }

    /// Found again. Returns whether it is open now.
    mutating func renew(_ found: ReconciliationReport.Difference, at time: Timestamp) -> Bool {
        let isSame = here == found.here && there == found.there
        (here, there, seenAt) = (found.here, found.there, time)
        // What a person has settled stays so for as long as it is the same.
        if isSame, state != .open, isSettledByPerson { return false }
        if state != .open { note(Step(at: time, step: "FOUND", by: nil, note: nil)) }
        state = .open
        return true
    }

    mutating func settle(
        _ state: State, _ step: String, by person: String? = nil, note text: String? = nil, at time: Timestamp
    ) {
        self.state = state
        note(Step(at: time, step: step, by: person, note: text))
    }

    private mutating func note(_ step: Step) {
        history.append(step)
        if history.count > Self.maximumHistory { history.remove(at: 1) }
    }
}
