import HTTP
import Kernel
import PaymentProviders
import Storage

/// The simulator's own interface, `/charges`. It moves money once per key, and answers as the configured faults say.
struct Charging: Sendable {
    let cashier: Cashier
    let exchange: FaultyExchange
    let charges: Repository<SimulatedCharge>
    let confirmation: SimulatorSettings.Confirmation

    static let routes: [RouteDeclaration<Charging>] = [
        .post(
            "/charges", summary: "Charges, authorises, captures, voids or refunds, once per Idempotency-Key",
            body: SimulatorChargeRequest.self, answers: SimulatorCharge.self, statuses: [201, 402, 422, 429]
        ) { try await $0.move($1, $2) }
        .requestHeader("Idempotency-Key", isRequired: true),
        .get(
            "/charges", summary: "Finds what was done by its key", answers: SimulatorCharge.self,
            statuses: [200, 404]
        ) { try await $0.find($1) }
        .queryParameters(QueryParameter("idempotencyKey", isRequired: true, description: "Of what is asked about")),
    ]

    private static let refusedLater = "refusedLater"

    private func move(_ request: Request, _ command: SimulatorChargeRequest) async throws -> Response {
        let movement = try movement(request, command)
        return try await exchange.answer(movement.action) { ruling in
            var movement = movement
            if ruling == .refusedLater { movement.details[Self.refusedLater] = "true" }
            let line: SimulatedCharge
            do {
                line = try await cashier.enter(movement, ruling).line
            } catch let error as BookError {
                throw error.problem
            }
            // The stored line decides, and not the faults of this request: a repeat gets the answer of the first
            // request.
            let isLate = line.details[Self.refusedLater] != nil
            if line.status == .refused, !isLate { throw Problem(status: 402, detail: line.reason) }
            return try .json(line.message(status: confirmation == .callback || isLate ? .pending : nil), status: 201)
        }
    }

    private func movement(_ request: Request, _ command: SimulatorChargeRequest) throws(Problem) -> Movement {
        guard let key = request.headers["Idempotency-Key"], !key.isEmpty else {
            throw Problem.invalid("Idempotency-Key", "is required")
        }
        guard key.utf8.count <= 255 else { throw Problem.invalid("Idempotency-Key", "must be 255 characters at most") }
        guard (1...Money.limit).contains(command.amount) else {
            throw Problem.invalid("amount", "must be from 1 to \(Money.limit)")
        }
        guard !command.orderId.isEmpty else { throw Problem.invalid("orderId", "must not be empty") }
        let action = SimulatorAction(command.action ?? .charge)
        if action == .charge || action == .authorise {
            guard command.chargeId == nil else { throw Problem.invalid("chargeId", "is not for \(action.rawValue)") }
        } else if command.chargeId == nil {
            throw Problem.invalid("chargeId", "is required for \(action.rawValue)")
        }
        return Movement(
            action: action, dialect: .simulator, orderId: command.orderId, amount: command.amount,
            currency: command.currency, idempotencyKey: key, chargeId: command.chargeId)
    }

    private func find(_ request: Request) async throws -> Response {
        let key = try request.query.required("idempotencyKey")
        guard let line = try await charges.first(where: [.equal("idempotencyKey", .text(key))]) else {
            throw Problem.notFound("a charge with that key")
        }
        return try .json(line.message())
    }
}

extension BookError {
    var problem: Problem {
        switch self {
        case .keyReused: Problem(status: 422, detail: "the key was used for another request")
        case .noSuchCharge(let id): Problem(status: 422, detail: "there is no charge \(id)")
        case .impossible(let reason): Problem(status: 422, detail: reason)
        case .tooMuch(let left, let amount):
            Problem(status: 422, detail: "only \(left) are left to refund, not \(amount)")
        }
    }
}

extension Response {
    /// A JSON answer whose members are written `like_this`.
    static func snakeCase(_ value: some Encodable, status: Int = 200) throws -> Response {
        Response(
            status: status, headers: ["Content-Type": "application/json"], body: try JSON.encodeSnakeCase(value))
    }
}
