import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// `/admin/charges/…` and `/admin/refunds/…`: what people do in a provider's dashboard, and what banks do. No caller's
/// key is behind any of it.
struct ProviderMoves: Sendable {
    let cashier: Cashier
    let charges: Repository<SimulatedCharge>

    /// The body of all of these; empty for the defaults.
    struct Move: Codable, Sendable {
        /// Minor units; all that is left by default.
        let amount: Int64?
        let reason: String?
        /// The state of a dispute; `opened` by default.
        let stage: DisputeStage?
    }

    static let routes: [RouteDeclaration<ProviderMoves>] = [
        route("/admin/charges/{id}/refund", "Refunds a charge at the provider's side") { try await $0.refund($1, $2) },
        route("/admin/charges/{id}/cancel", "Cancels an authorisation, or a charge before its settlement") {
            try await $0.cancel($1, $2)
        },
        route("/admin/charges/{id}/settle", "Pays a charge out to the shop") { try await $0.settle($1, $2) },
        route("/admin/charges/{id}/dispute", "Takes a dispute about a charge to a stage") {
            try await $0.dispute($1, $2)
        },
        route("/admin/refunds/{id}/fail", "Lets a refund fail, also one that had been made") {
            try await $0.fail($1, $2)
        },
    ]

    private typealias Handler = @Sendable (ProviderMoves, SimulatedCharge, Move) async throws -> BookEntry?

    private static func route(
        _ pattern: String, _ summary: String, _ handler: @escaping Handler
    ) -> RouteDeclaration<ProviderMoves> {
        .post(
            pattern, summary: summary, body: Move.self, answers: SimulatorCharge.self, statuses: [200, 404, 422]
        ) { moves, request, move in
            if let amount = move.amount, !(1...Money.limit).contains(amount) {
                throw Problem.invalid("amount", "must be from 1 to \(Money.limit)")
            }
            let id: String = try request.parameter("id")
            guard let line = try await moves.charges.find(id) else { throw Problem.notFound("\(id)") }
            do {
                return try .json((try await handler(moves, line, move)?.line ?? line).message())
            } catch let error as BookError {
                throw error.problem
            }
        }
        .audited(as: "charge." + (pattern.split(separator: "/").last.map(String.init) ?? ""))
    }

    private func refund(_ line: SimulatedCharge, _ move: Move) async throws -> BookEntry? {
        let id = cashier.context.identifiers.next("own-")
        if line.dialect == .midtrans, line.isSettled != true, line.details["payment_type"] == "credit_card" {
            throw BookError.impossible("\(line.id) is not settled: cancel it, or wait")
        }
        return try await cashier.enter(
            Movement(
                action: .refund, dialect: line.dialect, amount: move.amount, idempotencyKey: id, chargeId: line.id,
                details: line.dialect == .midtrans ? ["refund_key": id] : [:], isUnasked: true), .none)
    }

    private func cancel(_ line: SimulatedCharge, _ move: Move) async throws -> BookEntry? {
        let isCaptured = line.captured > 0
        guard !isCaptured || line.dialect == .midtrans && line.isSettled != true else {
            throw BookError.impossible("\(line.id) was captured: refund it")
        }
        let key =
            line.dialect == .midtrans
            ? MidtransDialect.key(line.id, "cancel") : cashier.context.identifiers.next("own-")
        return try await cashier.enter(
            Movement(
                action: isCaptured ? .refund : .void, dialect: line.dialect, idempotencyKey: key, chargeId: line.id,
                isUnasked: true), .none)
    }

    private func settle(_ line: SimulatedCharge, _ move: Move) async throws -> BookEntry? {
        try await cashier.change(.charge) { try await cashier.book.settle(line.id, in: $0) }
    }

    private func dispute(_ line: SimulatedCharge, _ move: Move) async throws -> BookEntry? {
        try await cashier.change(.dispute) {
            try await cashier.book.dispute(line.id, move.stage ?? .opened, amount: move.amount, in: $0)
        }
    }

    private func fail(_ line: SimulatedCharge, _ move: Move) async throws -> BookEntry? {
        try await cashier.change(.refund) {
            try await cashier.book.failRefund(line.id, reason: move.reason ?? "the account is closed", in: $0)
        }
    }
}
