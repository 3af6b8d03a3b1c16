import HTTP
import PaymentProviders
import Storage

/// The means of payment that requests brought along, for as long as their attempts are open: a call is the same each
/// time, also after a restart. Kept apart from payments, so that no representation, event or log shows one.
struct PaymentTokens: Sendable {
    struct Kept: Entity {
        /// The attempt's.
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
            // Another token would make it another call.
            throw Problem(status: 409, detail: "payment \(payment.id) was decided meanwhile", retryAfter: .seconds(1))
        }
        return payment.call(for: attempt, token: token)
    }

    /// Nobody asks with it any more.
    func forget(_ attempt: PaymentAttempt, in tx: any Transaction) async throws {
        if attempt.hasPaymentToken == true { try await kept.delete(id: attempt.id, in: tx) }
    }
}
