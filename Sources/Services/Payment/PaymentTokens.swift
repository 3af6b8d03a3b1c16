import HTTP
import PaymentProviders
import Storage

/// The means of payment of requests, stored while their attempts are open, so that a call is identical in every retry
/// and after a restart. They are stored apart from payments, so that no representation, event or log shows one.
struct PaymentTokens: Sendable {
    struct Kept: Entity {
        /// The attempt's identifier.
        let id: String
        var version: Int64 = 0
        let token: String

        static let collection = Collection<Kept>("paymentTokens", fields: [])
    }
    let kept: Repository<Kept>

    func keep(_ token: String, for attempt: PaymentAttempt, in tx: any Transaction) async throws {
        try await kept.insert(Kept(id: attempt.id, token: token), in: tx)
    }

    func call(for payment: Payment, _ attempt: PaymentAttempt) async throws -> ProviderCall {
        guard attempt.hasPaymentToken == true else { return payment.call(for: attempt) }
        guard let token = try await kept.find(attempt.id)?.token else {
            // A call with another token would be another call.
            throw Problem(status: 409, detail: "payment \(payment.id) was decided meanwhile", retryAfter: .seconds(1))
        }
        return payment.call(for: attempt, token: token)
    }

    /// Deletes the token of an attempt that has ended.
    func forget(_ attempt: PaymentAttempt, in tx: any Transaction) async throws {
        if attempt.hasPaymentToken == true { try await kept.delete(id: attempt.id, in: tx) }
    }
}
