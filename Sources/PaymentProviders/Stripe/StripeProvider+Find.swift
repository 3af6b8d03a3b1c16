import HTTP
import Kernel

/// The look-up of a call.
///
/// A repeated POST with the same key would be answered as the first time, but it is no look-up: if the first did not
/// arrive, it takes the money, perhaps of an order that has been cancelled since. So Stripe is asked for the object
/// whose metadata hold the key: captures, voids and refunds by their PaymentIntent, which is exact; new PaymentIntents
/// first in the list of the latest ones, which is exact as well, then by search, which knows all but is up to a minute
/// behind (Stripe, "Search"). Both together leave no gap; and where one was missed all the same, the caller's
/// repetition with the same key gets the first answer, for Stripe keeps keys for at least 24 hours.
extension StripeProvider {
    private static let latestPages = 5

    public func find(_ call: ProviderCall) async -> ProviderLookup {
        do {
            switch call.action {
            case .charge, .authorise: return try await made(by: call)?.lookup(of: call.action) ?? .absent
            case .capture, .void: return try await intentLookup(call)
            case .refund: return try await refundLookup(call)
            }
        } catch let error as TransportError {
            return ProviderLookup(error)
        } catch {
            return .unknown(reason: ErrorText.of(error))
        }
    }

    /// The PaymentIntent that a charge or an authorisation made.
    func made(by call: ProviderCall) async throws -> StripePaymentIntent? {
        if let intent = try await latest(call) { return intent }
        return try await searched(call)
    }

    private func latest(_ call: ProviderCall) async throws -> StripePaymentIntent? {
        try await client.list(
            "/v1/payment_intents", of: StripePaymentIntent.self, pages: Self.latestPages, id: \.id
        ).items.first { $0.idempotencyKey == call.idempotencyKey }
    }

    private func searched(_ call: ProviderCall) async throws -> StripePaymentIntent? {
        let quoted = call.idempotencyKey.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] }
        let query = QueryString.encode("metadata['idempotency_key']:'\(String(quoted))'")
        let response = try await client.get("/v1/payment_intents/search?query=\(query)")
        guard response.status == 200 else { throw client.failure(response) }
        return try JSON.decodeSnakeCase(StripeList<StripePaymentIntent>.self, from: response.body).data.first {
            $0.idempotencyKey == call.idempotencyKey
        }
    }

    /// A PaymentIntent that was there and is not found is a mistake of somebody's, for example the key of another
    /// account: it does not tell that nothing moved.
    private func intentLookup(_ call: ProviderCall) async throws -> ProviderLookup {
        guard let path = intent(call) else { return .absent }
        let response = try await client.get(path)
        let answer = StripeAnswer(response: response, evidence: client.evidence)
        return response.status == 200 ? answer.lookup(of: call) : .unknown(reason: answer.unclear)
    }

    private func refundLookup(_ call: ProviderCall) async throws -> ProviderLookup {
        guard let reference = call.reference else { return .absent }
        let (refunds, isWhole) = try await client.list(
            "/v1/refunds?payment_intent=" + QueryString.encode(reference), of: StripeRefund.self, pages: 10, id: \.id)
        if let refund = refunds.first(where: { $0.idempotencyKey == call.idempotencyKey }) { return refund.lookup }
        return isWhole ? .absent : .unknown(reason: "the payment has more refunds than can be looked through")
    }
}
