import HTTP
import Kernel

extension MidtransProvider {
    /// Charges by their order_id, which is the key; the rest by the state of the transaction and its list of refunds.
    public func find(_ call: ProviderCall) async -> ProviderLookup {
        let isNew = call.action == .charge || call.action == .authorise
        guard let id = isNew ? MidtransOrderId.make(call.idempotencyKey) : call.reference else { return .absent }
        do throws(TransportError) {
            let response = try await client.status(id)
            guard let answer = MidtransTransaction.read(response) else { return .unclear(response) }
            switch answer.statusCode.flatMap({ Int($0) }) ?? response.status {
            // 202 is a denied transaction, 407 an expired one: both are told by the status.
            case 200..<300, 407: return answer.lookup(of: call, currency: settings.currency)
            case 404: return isNew ? .absent : .refused(reason: "Midtrans has no such transaction")
            default: return .unclear(response)
            }
        } catch {
            return ProviderLookup(error)
        }
    }
}

extension MidtransTransaction {
    /// How the call stands, by the transaction's status (Midtrans, "Transaction status cycle").
    func lookup(of call: ProviderCall, currency: Currency) -> ProviderLookup {
        guard let reference = transactionId, let status = transactionStatus else {
            return .unknown(reason: "Midtrans' answer tells no status")
        }
        if call.action == .refund { return refundLookup(call) }
        switch (status, call.action) {
        case ("capture", .charge) where fraudStatus == "challenge": return .pending(reference: reference)
        case ("authorize", .authorise): return .succeeded(reference: reference)
        case ("authorize", .capture), ("authorize", .void): return .absent
        case ("cancel", .void): return .succeeded(reference: reference)
        case (_, .void) where Self.taken.contains(status): return .refused(reason: "the payment was captured")
        case _ where Self.taken.contains(status): return .succeeded(reference: reference)
        case ("pending", _): return .pending(reference: reference)
        case ("deny", _), ("cancel", _), ("expire", _), ("failure", _):
            return .refused(reason: statusMessage ?? "the transaction is in the state \(status)")
        default: return .unknown(reason: "the transaction is in the state \(status)")
        }
    }

    private func refundLookup(_ call: ProviderCall) -> ProviderLookup {
        let isDone =
            refundKey == call.idempotencyKey
            || refunds?.contains { $0.refundKey == call.idempotencyKey } == true
        return isDone ? .succeeded(reference: call.idempotencyKey) : .absent
    }

    /// The money was taken, whatever became of it since.
    static let taken: Set = [
        "capture", "settlement", "refund", "partial_refund", "chargeback", "partial_chargeback",
    ]
}
