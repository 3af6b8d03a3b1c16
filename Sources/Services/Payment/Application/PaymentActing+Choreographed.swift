import Contracts
import FoundationEssentials
import HTTP
import Idempotency
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// A choreographed order asks for its payment by having been placed. The attempt is durable with the event's inbox row;
/// the provider is called right after.
extension PaymentActing {
    func orderPlaced(_ order: OrderSummary, in tx: any Transaction) async throws {
        guard order.checkout == .choreographed else { return }
        // It has one, by a request that came before, or must not have one: it was cancelled.
        let standing = [Condition("orderId", .equal, .text(order.orderId))]
        guard try await payments.first(where: standing, in: tx) == nil else { return }
        let newAttempt = context.identifiers.next("ATT-")
        let claim: IdempotencyClaim
        let attemptId: String
        do {
            let request = try Self.request(for: order)
            let key = IdempotencyKey(client: "", value: PaymentAPI.idempotencyKey(orderId: order.orderId))
            switch try await idempotency.begin(key, for: request, subject: newAttempt, lease: lease, in: tx) {
            case .started(let started): (claim, attemptId) = (started, newAttempt)
            case .resumed(let resumed, let subject): (claim, attemptId) = (resumed, subject)
            case .replay: return
            }
        } catch let problem as Problem {
            // To fail here would hold up every event after this one.
            context.log.error(
                "the key of an order's payment is in use for something else",
                ["order": .string(order.orderId), "reason": .string(problem.detail ?? problem.title)])
            return
        }
        let (payment, attempt) = try await begun(
            order.orderId, Money(order.amount, order.currency), .charge, attemptId: attemptId,
            key: PaymentAPI.idempotencyKey(orderId: order.orderId), in: tx)
        let current = try await matching.applyEarly(to: payment, in: tx) ?? payment
        let known = current.attempts.first { $0.id == attempt.id } ?? attempt
        guard known.isOpen else {
            return try await complete(claim, with: PaymentAnswer.response(current, attempt: known), in: tx)
        }
        calls.add(.init(payment: current, attempt: known, claim: claim), after: tx)
    }

    /// The request that would ask for the same: who sends it with the same key gets the same answer.
    private static func request(for order: OrderSummary) throws -> Request {
        let command = RequestPayment(orderId: order.orderId, amount: order.amount, currency: order.currency)
        return Request(method: .post, path: PaymentAPI.path, body: try JSON.encode(command))
    }
}
