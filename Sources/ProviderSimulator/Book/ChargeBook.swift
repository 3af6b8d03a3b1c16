import Kernel
import PaymentProviders
import Storage

/// The provider's book: each thing asked for is one line, once per key. Everything happens in the transaction given.
struct ChargeBook: Sendable {
    let charges: Repository<SimulatedCharge>
    let identifiers: IdentifierGenerator
    let loop: any Loop

    /// Writes the line that `movement` asks for, or finds the one that it made before.
    func enter(_ movement: Movement, ending: Ending = .done, in tx: any Transaction) async throws -> BookEntry {
        if let line = try await find(key: movement.idempotencyKey, in: tx) {
            guard movement.isSame(as: line) else { throw BookError.keyReused }
            return BookEntry(line: line, root: try await root(of: line, in: tx), isReplay: true)
        }
        if let chargeId = movement.chargeId { return try await add(movement, to: chargeId, ending, in: tx) }
        guard movement.action == .charge || movement.action == .authorise else {
            throw BookError.impossible("\(movement.action.rawValue) needs the charge that it is about")
        }
        guard let orderId = movement.orderId, let amount = movement.amount, let currency = movement.currency else {
            throw BookError.impossible("\(movement.action.rawValue) needs an order, an amount and a currency")
        }
        let line = try await charges.insert(
            line(movement, orderId: orderId, amount: amount, currency: currency, ending), in: tx)
        return BookEntry(line: line, root: line)
    }

    func find(key: String, in tx: any ReadTransaction) async throws -> SimulatedCharge? {
        try await charges.first(where: [.equal("idempotencyKey", .text(key))], in: tx)
    }

    /// The charge or authorisation that a line is about; itself, where it is one.
    func root(of line: SimulatedCharge, in tx: any ReadTransaction) async throws -> SimulatedCharge {
        guard let chargeId = line.chargeId else { return line }
        return try await root(chargeId, in: tx)
    }

    /// `id` may name the charge, or a capture of it.
    func root(_ id: String, in tx: any ReadTransaction) async throws -> SimulatedCharge {
        guard let line = try await charges.find(id, in: tx) else { throw BookError.noSuchCharge(id) }
        guard let rootId = line.chargeId else { return line }
        guard let root = try await charges.find(rootId, in: tx) else { throw BookError.noSuchCharge(rootId) }
        return root
    }

    private func add(
        _ movement: Movement, to chargeId: String, _ ending: Ending, in tx: any Transaction
    ) async throws -> BookEntry {
        let root = try await root(chargeId, in: tx)
        let (changed, amount) = try BookRules.apply(movement, to: root)
        let line = try await charges.insert(
            line(movement, orderId: root.orderId, amount: amount, currency: root.currency, ending), in: tx)
        if case .refused = ending { return BookEntry(line: line, root: root) }
        return BookEntry(line: line, root: try await charges.update(changed, in: tx))
    }

    private func line(
        _ movement: Movement, orderId: String, amount: Int64, currency: Currency, _ ending: Ending
    ) -> SimulatedCharge {
        let (status, reason): (SimulatorCharge.Status, String?) =
            switch ending {
            case .done: (movement.action.success, nil)
            case .refused(let reason): (.refused, reason)
            case .undecided: (.pending, nil)
            }
        return SimulatedCharge(
            id: identifiers.next(movement.dialect.prefix(of: movement.action)), action: movement.action,
            dialect: movement.dialect, orderId: orderId, amount: amount, currency: currency, status: status,
            reason: reason, chargeId: movement.chargeId, idempotencyKey: movement.idempotencyKey,
            captured: movement.action == .charge && ending == .done ? amount : 0, details: movement.details,
            chargedAt: loop.now, isUnasked: movement.isUnasked ? true : nil)
    }
}

extension SimulatorAction {
    /// How a line ends that the provider does not refuse.
    var success: SimulatorCharge.Status {
        switch self {
        case .charge, .capture: .captured
        case .authorise: .authorised
        case .void: .voided
        case .refund: .refunded
        case .refundFailure: .failed
        case .dispute: .disputed
        }
    }
}

extension DialectName {
    /// How the provider's names for its lines begin.
    func prefix(of action: SimulatorAction) -> String {
        switch (self, action) {
        case (.stripe, .charge), (.stripe, .authorise): "pi_"
        case (.stripe, .capture): "ch_"
        case (.stripe, .refund): "re_"
        case (.stripe, .dispute): "du_"
        case (.midtrans, .charge), (.midtrans, .authorise): "MT-"
        case (_, .charge): "CH-"
        case (_, .authorise): "AU-"
        case (_, .capture): "CP-"
        case (_, .void): "VD-"
        case (_, .refund): "RF-"
        case (_, .refundFailure): "FL-"
        case (_, .dispute): "DP-"
        }
    }
}
