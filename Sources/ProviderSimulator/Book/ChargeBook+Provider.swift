import Kernel
import PaymentProviders
import Storage

/// The provider's own actions: decides what was pending, pays out, finds that a refund did not arrive, passes on
/// what a buyer's bank does.
extension ChargeBook {
    /// Ends a line that was pending, or pays one that was declined. Nothing where it has ended.
    func decide(_ id: String, refusal: String?, in tx: any Transaction) async throws -> BookEntry? {
        guard var line = try await charges.find(id, in: tx) else { throw BookError.noSuchCharge(id) }
        let isPaidAfterAll = line.status == .refused && line.chargeId == nil && refusal == nil
        guard line.status == .pending || isPaidAfterAll else { return nil }
        line.createdAt = line.createdAt ?? line.chargedAt
        line.chargedAt = loop.now
        line.status = refusal == nil ? line.action.success : .refused
        line.reason = refusal
        if line.action == .charge, refusal == nil { line.captured = line.amount }
        line = try await charges.update(line, in: tx)
        var root = try await root(of: line, in: tx)
        if line.action == .refund, refusal != nil {
            root.refunded -= line.amount
            root = try await charges.update(root, in: tx)
        }
        return BookEntry(line: line, root: root, news: .changed)
    }

    /// A refund does not arrive: one that was pending is refused; the money of one that was made comes back.
    func failRefund(_ id: String, reason: String, in tx: any Transaction) async throws -> BookEntry {
        guard var line = try await charges.find(id, in: tx), line.action == .refund else {
            throw BookError.noSuchCharge(id)
        }
        if let entry = try await decide(id, refusal: reason, in: tx) { return entry }
        guard line.status == .refunded, line.reversal == nil else {
            throw BookError.impossible("\(id) was not made, or failed before")
        }
        line.reversal = reason
        line = try await charges.update(line, in: tx)
        var root = try await root(of: line, in: tx)
        root.refunded -= line.amount
        root = try await charges.update(root, in: tx)
        _ = try await charges.insert(
            own(.refundFailure, of: root, amount: line.amount, status: .failed, about: line.id, reason: reason),
            in: tx)
        return BookEntry(line: line, root: root, news: .changed)
    }

    /// `amount` is by default what is left of the charge, or what is disputed of it.
    func dispute(_ id: String, _ stage: DisputeStage, amount: Int64?, in tx: any Transaction) async throws -> BookEntry
    {
        let root = try await root(id, in: tx)
        let last = try await charges.all(
            Query(
                where: [.equal("chargeId", .text(root.id)), .equal("action", .text(SimulatorAction.dispute.rawValue))],
                sort: [Sort("id", descending: true)], limit: 1),
            in: tx
        ).first
        let isGoingOn = last.map { $0.stage != .won && $0.stage != .lost } ?? false
        guard stage == .opened || isGoingOn else { throw BookError.impossible("\(root.id) is not disputed") }
        guard stage != .opened || !isGoingOn else { throw BookError.impossible("\(root.id) is disputed already") }
        let moved = amount ?? last.flatMap { stage == .opened ? nil : $0.amount } ?? root.left
        guard moved > 0 else { throw BookError.impossible("nothing of \(root.id) is left to dispute") }
        let changed = try BookRules.dispute(stage, amount: moved, of: root)
        var line = own(.dispute, of: root, amount: moved, status: .disputed, about: nil, reason: nil)
        line.about = stage == .opened ? line.id : last?.about
        line.stage = stage
        line = try await charges.insert(line, in: tx)
        return BookEntry(line: line, root: try await charges.update(changed, in: tx))
    }

    /// `nil` if it is settled, or there is nothing to settle.
    func settle(_ id: String, in tx: any Transaction) async throws -> BookEntry? {
        var root = try await root(id, in: tx)
        guard root.captured > 0, root.isSettled != true, root.left > 0 else { return nil }
        root.isSettled = true
        root = try await charges.update(root, in: tx)
        return BookEntry(line: root, root: root, news: .settled)
    }

    /// Frees the key of a line, as a provider does that forgets keys: the line stays.
    func forget(key: String, in tx: any Transaction) async throws {
        guard var line = try await find(key: key, in: tx) else { return }
        line.idempotencyKey = "forgotten:\(line.id):\(key)"
        try await charges.update(line, in: tx)
    }

    private func own(
        _ action: SimulatorAction, of root: SimulatedCharge, amount: Int64, status: SimulatorCharge.Status,
        about: String?, reason: String?
    ) -> SimulatedCharge {
        let id = identifiers.next(root.dialect.prefix(of: action))
        return SimulatedCharge(
            id: id, action: action, dialect: root.dialect, orderId: root.orderId, amount: amount,
            currency: root.currency, status: status, reason: reason, chargeId: root.id, idempotencyKey: "own:" + id,
            details: [:], chargedAt: loop.now, isUnasked: true, about: about)
    }
}
