import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Stripe's idempotency: the first result of a key is kept as soon as its execution has begun, a 500 included, and
/// repeated with `Idempotent-Replayed: true`. What is refused before, by its parameters, 429, 503 or 409, is not kept
/// (Stripe, "Idempotent requests", "Advanced error handling").
extension StripeDialect {
    func enter(
        _ movement: Movement, _ request: Request, _ parameters: StripeParameters, decline: String? = nil
    ) async throws -> Response {
        let fingerprint = request.path + "?" + parameters.fingerprint
        let key = movement.idempotencyKey
        if let kept = try await reply(to: key) {
            return try await exchange.answer(movement.action, isReplay: true) { _ in
                guard kept.fingerprint == fingerprint else { throw BookError.keyReused }
                return Self.response(kept, isReplay: true)
            }
        }
        guard inProgress.begin(key) else {
            throw StripeError.invalid(
                "There is currently another in-progress request using this Idempotent Key",
                code: "idempotency_key_in_use", status: 409)
        }
        // Until the work is done: an answer that is lost on the way holds up nobody.
        var isInProgress = true
        defer { if isInProgress { inProgress.end(key) } }
        do {
            return try await exchange.answer(movement.action) { ruling in
                let kept = try await execute(movement, ruling, fingerprint, decline: decline)
                inProgress.end(key)
                isInProgress = false
                return Self.response(kept, isReplay: false)
            }
        } catch let problem as Problem where problem.status == 500 {
            let error = try StripeError(problem).response
            return Self.response(try await keep(error, for: key, fingerprint), isReplay: false)
        } catch let error as BookError {
            guard error != .keyReused else { throw error }
            return Self.response(
                try await keep(try StripeError(error).response, for: key, fingerprint), isReplay: false)
        }
    }

    /// Forgets a reply after its time, and with it the key: then the same request is a new one.
    private func reply(to key: String) async throws -> StripeReply? {
        guard let kept = try await replies.find(key) else { return nil }
        guard kept.isForgotten(at: exchange.loop.now) else { return kept }
        try await cashier.context.transaction { tx in
            try await replies.delete(id: key, in: tx)
            try await cashier.book.forget(key: key, in: tx)
        }
        return nil
    }

    /// Writes the line and its answer in one transaction.
    private func execute(
        _ movement: Movement, _ ruling: Ruling, _ fingerprint: String, decline: String?
    ) async throws -> StripeReply {
        let now = exchange.loop.now
        let ruling = decline == nil ? ruling : .refused
        let key = movement.idempotencyKey
        var asked = movement
        asked.details["decline"] = decline
        return try await cashier.enter(asked, ruling) { entry, tx in
            guard !entry.isReplay else { throw BookError.keyReused }
            let answer = try Self.answer(to: entry, ruling)
            let reply = StripeReply(
                id: key, fingerprint: fingerprint, status: answer.status,
                body: String(decoding: answer.body, as: UTF8.self), savedAt: now)
            return try await replies.insert(reply, in: tx)
        }
    }

    /// In place of the answer of the work, where the work was done before it failed.
    private func keep(_ error: Response, for key: String, _ fingerprint: String) async throws -> StripeReply {
        let now = exchange.loop.now
        let body = String(decoding: error.body, as: UTF8.self)
        return try await cashier.context.transaction { tx in
            if var kept = try await replies.find(key, in: tx) {
                (kept.status, kept.body, kept.savedAt) = (error.status, body, now)
                return try await replies.update(kept, in: tx)
            }
            return try await replies.insert(
                StripeReply(id: key, fingerprint: fingerprint, status: error.status, body: body, savedAt: now), in: tx)
        }
    }

    private static func response(_ kept: StripeReply, isReplay: Bool) -> Response {
        var headers: Headers = ["Content-Type": "application/json", "Idempotency-Key": kept.id]
        if isReplay { headers.add("Idempotent-Replayed", "true") }
        return Response(status: kept.status, headers: headers, body: Data(kept.body.utf8))
    }

    /// A refused refund is an object that failed; a refused payment is an error of the card's.
    private static func answer(to entry: BookEntry, _ ruling: Ruling) throws -> Response {
        if entry.line.action == .refund { return try .snakeCase(StripeRefundView(entry.line, of: entry.root)) }
        let isUndecided = ruling == .refusedLater
        let intent = StripeIntentView(entry.root, isUndecided: isUndecided)
        guard entry.line.status == .refused, !isUndecided else { return try .snakeCase(intent) }
        return try .snakeCase(StripeDecline(entry.line.declineCode, intent), status: 402)
    }
}
