import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import Storage

extension StripeDialect {
    /// Writes the line and its answer in one transaction; a repetition gets that answer again, and is told so.
    func enter(
        _ movement: Movement, _ request: Request, _ parameters: StripeParameters, decline: String? = nil
    ) async throws -> Response {
        let fingerprint = request.path + "?" + parameters.fingerprint
        return try await exchange.answer(movement.action) { refusal in
            let (reply, isReplay) = try await cashier.enter(movement, refusal: decline ?? refusal.reason) {
                entry, tx in
                if entry.isReplay {
                    guard let kept = try await replies.find(movement.idempotencyKey, in: tx),
                        kept.fingerprint == fingerprint
                    else { throw BookError.keyReused }
                    return (kept, true)
                }
                let answer = try Self.answer(to: entry, isUndecided: decline == nil && refusal == .later)
                let reply = StripeReply(
                    id: movement.idempotencyKey, fingerprint: fingerprint, status: answer.status,
                    body: String(decoding: answer.body, as: UTF8.self))
                return (try await replies.insert(reply, in: tx), false)
            }
            var headers: Headers = ["Content-Type": "application/json", "Idempotency-Key": movement.idempotencyKey]
            if isReplay { headers.add("Idempotent-Replayed", "true") }
            return Response(status: reply.status, headers: headers, body: Data(reply.body.utf8))
        }
    }

    /// A refused refund is an object that failed; a refused payment is an error of the card's.
    private static func answer(to entry: BookEntry, isUndecided: Bool) throws -> Response {
        if entry.line.action == .refund { return try .snakeCase(StripeRefundView(entry.line, of: entry.root)) }
        let intent = StripeIntentView(entry.root, isUndecided: isUndecided)
        guard entry.line.status == .refused, !isUndecided else { return try .snakeCase(intent) }
        return try .snakeCase(StripeDecline(entry.line.reason, intent), status: 402)
    }
}
