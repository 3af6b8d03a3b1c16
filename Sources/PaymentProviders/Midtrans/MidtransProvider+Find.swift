import HTTP
import Kernel

extension MidtransProvider {
    /// Charges by their order_id, which is the key; the rest by the state of the transaction and its list of refunds.
    public func find(_ call: ProviderCall) async -> ProviderLookup {
        guard let id = isNew(call) ? MidtransOrderId.make(call.idempotencyKey) : call.reference else { return .absent }
        do throws(TransportError) {
            let response = try await client.status(id)
            guard let answer = MidtransTransaction.read(response), let code = answer.code else {
                return .unknown(reason: client.evidence(response))
            }
            switch code {
            // 202 is a denied transaction, 407 an expired one: both are told by the status.
            case 200..<300, 407: return answer.lookup(of: call, currency: settings.currency)
            case 404 where isNew(call): return .absent
            // A transaction that was there and is not found does not tell that nothing moved.
            default: return .unknown(reason: client.evidence(response))
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
        if call.action == .refund { return refundLookup(call, currency: currency) }
        let report = report(reference, gross(currency))
        let refusal = ProviderLookup.refused(reason: statusMessage ?? "the transaction is in the state \(status)")
        switch (status, call.action) {
        // Midtrans' fraud detection wants a person to decide; unanswered, it is cancelled at the settlement.
        case ("capture", .charge) where fraudStatus == "challenge",
            ("capture", .capture) where fraudStatus == "challenge",
            ("authorize", .authorise) where fraudStatus == "challenge":
            return .pending(report)
        case ("authorize", .authorise): return .succeeded(report)
        case ("authorize", .capture), ("authorize", .void), ("pending", .void): return .absent
        // An authorisation that expired reserves nothing any more.
        case ("cancel", .void), ("expire", .void): return .succeeded(report)
        case (_, .void) where Self.taken.contains(status): return .refused(reason: "the payment was captured")
        case _ where Self.taken.contains(status): return .succeeded(report)
        case ("pending", .charge), ("pending", .authorise): return .pending(report)
        case ("deny", _), ("cancel", _), ("expire", _), ("failure", _): return refusal
        default: return .unknown(reason: "the transaction is in the state \(status)")
        }
    }

    /// A whole refund is the cancellation where the transaction was not settled: it has no key of its own.
    private func refundLookup(_ call: ProviderCall, currency: Currency) -> ProviderLookup {
        if let refund = refunds?.first(where: { $0.refundKey == call.idempotencyKey }) {
            let amount = refund.refundAmount.flatMap { DecimalAmount.read($0, own(currency)) }
            return .succeeded(report(call.idempotencyKey, amount))
        }
        // Some answers name the refund and list none; their amount may be that of all refunds.
        if refundKey == call.idempotencyKey { return .succeeded(report(call.idempotencyKey, nil)) }
        switch transactionStatus {
        case "cancel" where gross(currency) == call.money:
            return .succeeded(report(cancellationReference, gross(currency)))
        case "capture", "settlement", "partial_refund": return .absent
        // Nothing is left to give back, or Midtrans gives nothing back any more.
        case "refund", "cancel", "chargeback", "partial_chargeback", "deny", "expire", "failure":
            return .refused(reason: "the transaction is in the state \(transactionStatus ?? "")")
        default: return .unknown(reason: "the transaction is in the state \(transactionStatus ?? "")")
        }
    }

    /// The money was taken, whatever became of it since.
    static let taken: Set = [
        "capture", "settlement", "refund", "partial_refund", "chargeback", "partial_chargeback",
    ]

    func report(_ reference: String, _ money: Money?) -> ProviderReport {
        ProviderReport(reference: reference, money: money, orderId: customField1)
    }

    /// The name of the refund that a cancellation is: the same in answers, notifications and look-ups.
    var cancellationReference: String { (transactionId ?? "") + ".cancel" }

    /// `fallback` where Midtrans names no currency.
    func own(_ fallback: Currency) -> Currency { currency.flatMap { Currency(code: $0) } ?? fallback }

    func gross(_ fallback: Currency) -> Money? { grossAmount.flatMap { DecimalAmount.read($0, own(fallback)) } }
}
