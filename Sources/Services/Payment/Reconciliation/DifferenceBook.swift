import HTTP
import Idempotency
import Kernel
import PaymentProviders
import REST
import ServiceHost
import Storage
import Telemetry

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
                throw Problem(
                    status: 409, title: "Not possible now", detail: "it is \(difference.state.rawValue) already")
            }
            difference.settle(
                .explained, "EXPLAINED", by: explanation.by, note: explanation.reason, at: context.loop.now)
            return try await differences.update(difference, in: tx)
        }
        return try Response.json(stored).tagged(stored.version)
    }
}
