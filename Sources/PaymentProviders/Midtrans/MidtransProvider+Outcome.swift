import HTTP
import Kernel

extension MidtransProvider {
    /// Classifies by the code in the body (Midtrans, "Status codes"). An answer without one is not from Midtrans.
    func outcome(_ response: Response, of call: ProviderCall) async throws -> ProviderOutcome {
        let unclear = client.evidence(response)
        guard let answer = MidtransTransaction.read(response), let code = answer.code else {
            return .unknown(reason: unclear)
        }
        let reason = answer.statusMessage ?? unclear
        switch code {
        case 200..<300: return answer.lookup(of: call, currency: settings.currency).outcome
        // 401: wrong key; 402: payment method not enabled; 410: account deactivated; 409 and 429: too many requests.
        case 401, 402, 409, 410, 429: return .notSent(reason: unclear, retryAfter: response.retryAfter)
        // The request is invalid, or its token is used up; 414: the balance is too low for the refund.
        case 400, 408, 411, 413, 414: return .refused(reason: reason)
        // 407: expired, which only a look-up confirms; 406: the order_id or refund_key is in use, perhaps by this
        // call; 412: the state of the transaction does not allow this step.
        case 406, 407, 412: return try await decided(call, unclear: unclear)
        default: return .unknown(reason: unclear)
        }
    }

    /// Looks up the outcome of a call that the state of the transaction does not allow.
    private func decided(_ call: ProviderCall, unclear: String) async throws -> ProviderOutcome {
        let id = isNew(call) ? MidtransOrderId.make(call.idempotencyKey) : call.reference ?? ""
        let response: Response
        do throws(TransportError) {
            response = try await client.status(id)
        } catch {
            // Midtrans has answered the call. A failed look-up says nothing about its outcome.
            return .unknown(reason: "\(unclear); \(error.message)")
        }
        guard let transaction = MidtransTransaction.read(response), transaction.transactionStatus != nil else {
            return .unknown(reason: client.evidence(response))
        }
        let found = transaction.lookup(of: call, currency: settings.currency)
        guard found == .absent else { return found.outcome }
        guard call.action == .refund else { return .unknown(reason: unclear) }
        return try await refundBeforeSettlement(call, transaction, unclear: unclear)
    }

    /// Refunds before the settlement on the next day, when Midtrans refuses `/refund` with 412. A whole payment is
    /// cancelled instead; a part has to wait (Midtrans, "Transaction status cycle", "Refund transactions").
    private func refundBeforeSettlement(
        _ call: ProviderCall, _ transaction: MidtransTransaction, unclear: String
    ) async throws -> ProviderOutcome {
        guard transaction.transactionStatus == "capture" else {
            if let left = transaction.left(settings.currency)?.amount, left < call.money.amount {
                return .refused(reason: "only \(left) are left to refund")
            }
            // The payment was settled meanwhile, and nothing is known about this refund.
            return .unknown(reason: unclear)
        }
        guard transaction.gross(settings.currency) == call.money else {
            return .notSent(
                reason: "Midtrans refunds a part only after the settlement", retryAfter: settings.settlementRetry)
        }
        let response = try await client.post("/v2/\(QueryString.encode(call.reference ?? ""))/cancel")
        guard let answer = MidtransTransaction.read(response), let code = answer.code else {
            return .unknown(reason: client.evidence(response))
        }
        switch code {
        case 200..<300: return answer.lookup(of: call, currency: settings.currency).outcome
        case 401, 402, 409, 410, 429:
            return .notSent(reason: client.evidence(response), retryAfter: response.retryAfter)
        // 412: settled between the look-up and the cancellation. The next try refunds.
        case 412: return .notSent(reason: client.evidence(response), retryAfter: .seconds(1))
        default: return .unknown(reason: client.evidence(response))
        }
    }

    /// Whether the call creates a transaction, so that it is found by its order_id.
    func isNew(_ call: ProviderCall) -> Bool { call.action == .charge || call.action == .authorise }
}
