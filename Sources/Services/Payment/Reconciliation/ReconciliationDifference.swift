import HTTP
import Idempotency
public import Kernel
public import PaymentProviders
import REST
import ServiceHost
public import Storage
import Telemetry

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

/// Keeps the records of differences: found, explained, adjusted, agreed.
struct DifferenceBook: Sendable {
    let context: ServiceEnvironment
    let differences: Repository<ReconciliationDifference>

    /// Returns the record's id if it is open now.
    func found(
        _ found: ReconciliationReport.Difference, movedAt: Timestamp?
    ) async throws -> (id: String, isOpen: Bool) {
        let now = context.loop.now
        return try await differences.database.transaction(onConflict: .retry) { tx in
            let new = ReconciliationDifference(found, movedAt: movedAt, at: now)
            guard var known = try await differences.find(new.id, in: tx) else {
                try await differences.insert(new, in: tx)
                context.log.error("the books do not agree", metadata: ["difference": .string(new.id)])
                return (new.id, true)
            }
            let isOpen = known.renew(found, at: now)
            try await differences.update(known, in: tx)
            return (known.id, isOpen)
        }
    }

    /// Both sides agree now.
    func agrees(reference: String) async throws {
        let known = try await differences.all(
            Query(where: [.equal("reference", .text(reference)), .equal("state", "OPEN")], limit: 10))
        for difference in known { try await close(difference.id, "AGREES") }
    }

    func close(_ id: String, _ step: String) async throws {
        try await differences.database.transaction(onConflict: .retry) { tx in
            guard var known = try await differences.find(id, in: tx), known.state == .open else { return }
            known.settle(.closed, step, at: context.loop.now)
            try await differences.update(known, in: tx)
        }
    }

    func open() async throws -> [ReconciliationDifference] {
        try await differences.all(Query(where: [.equal("state", "OPEN")], sort: [Sort("openedAt")], limit: 1000))
    }

    /// An adjustment settles the difference that it names, or the one of its payment that it makes up for.
    func adjusted(
        _ id: String?, payment: Payment, amount: Int64, by person: String, reason: String, in tx: any Transaction
    ) async throws {
        var known: ReconciliationDifference?
        if let id {
            known = try await differences.find(id, in: tx)
            guard known?.paymentId == payment.id || known?.orderId == payment.orderId else {
                throw Problem.invalid("differenceId", "is no difference of this payment")
            }
        } else {
            known = try await differences.all(
                Query(where: [.equal("paymentId", .text(payment.id)), .equal("state", "OPEN")], limit: 100), in: tx
            ).first { $0.gap == amount }
        }
        guard var difference = known else { return }
        difference.settle(.closed, "ADJUSTED", by: person, note: reason, at: context.loop.now)
        try await differences.update(difference, in: tx)
    }

    /// The body of `POST /api/differences/{id}/explanation`.
    struct Explanation: Codable, Sendable {
        let by: String
        let reason: String
    }

    func explain(_ request: Request, _ explanation: Explanation) async throws -> Response {
        var errors = FieldErrors()
        for (field, text) in [("by", explanation.by), ("reason", explanation.reason)] {
            errors.require((1...1000).contains(text.utf8.count), field, "must have 1 to 1000 characters")
        }
        try errors.check()
        let id: String = try request.parameter("id")
        let stored = try await differences.database.transaction(onConflict: .retry) { tx in
            guard var difference = try await differences.find(id, in: tx) else {
                throw Problem.notFound("difference \(id)")
            }
            try request.requireMatch(difference)
            guard difference.state == .open else {
                throw Problem.notPossible("it is \(difference.state.rawValue) already")
            }
            difference.settle(
                .explained, "EXPLAINED", by: explanation.by, note: explanation.reason, at: context.loop.now)
            return try await differences.update(difference, in: tx)
        }
        return try Response.json(stored).tagged(stored.version)
    }
}
