import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// `POST /charges`: takes the money once per key, and answers as the faults allow.
struct Charging: Sendable {
    let context: ServiceContext
    let charges: Repository<SimulatedCharge>
    let callbacks: Repository<PendingCallback>
    let injector: FaultInjector
    let wake: Signal
    let lostReplyDelay: Duration

    func charge(_ request: Request, _ command: SimulatorChargeRequest) async throws -> Response {
        guard let key = request.headers["Idempotency-Key"], !key.isEmpty else {
            throw Problem.invalid("Idempotency-Key", "is required")
        }
        guard command.amount > 0 else { throw Problem.invalid("amount", "must be greater than 0") }
        if injector.happens(\.serverErrors) {
            throw Problem(status: 500, detail: "The provider failed, as it was told to")
        }
        let charge = try await take(command, key: key)
        if injector.happens(\.lostReplies) {
            // The money is taken and the answer never comes: the caller's time-out ends it.
            try await context.loop.sleep(for: lostReplyDelay)
            throw Problem(status: 504, detail: "The provider's answer was lost, as it was told to")
        }
        if charge.status == .refused { throw Problem(status: 402, detail: charge.reason) }
        return try Response.json(charge.message(status: .pending), status: 201)
    }

    private func take(_ command: SimulatorChargeRequest, key: String) async throws -> SimulatedCharge {
        let (id, callbackId, refused) = (
            context.identifiers.next("CH-"), context.identifiers.next("CB-"), injector.happens(\.refusals)
        )
        let (faults, now) = (injector.faults, context.loop.now)
        return try await context.transaction { tx in
            if let taken = try await charges.first(where: [Condition("idempotencyKey", .equal, .text(key))], in: tx) {
                guard taken.orderId == command.orderId, taken.amount == command.amount,
                    taken.currency == command.currency
                else { throw Problem(status: 422, detail: "the key was used for another charge") }
                return taken
            }
            let charge = try await charges.insert(
                SimulatedCharge(
                    id: id, orderId: command.orderId, amount: command.amount, currency: command.currency,
                    idempotencyKey: key, status: refused ? .refused : .captured,
                    reason: refused ? "insufficient funds" : nil, chargedAt: now),
                in: tx)
            guard !faults.callbacksOff else { return charge }
            try await callbacks.insert(
                PendingCallback(
                    id: callbackId, chargeId: id, dueAt: now + .milliseconds(faults.callbackDelayMilliseconds),
                    remaining: faults.callbackDeliveries),
                in: tx)
            tx.afterCommit { wake.raise() }
            return charge
        }
    }
}
