import HTTP
import Kernel

extension MidtransProvider {
    /// By the status of the transaction, which is all that Midtrans' interface shows of it.
    public func movements(of charge: ProviderCall) async throws(ProviderError) -> [StatementLine] {
        let response: Response
        do throws(TransportError) {
            response = try await client.status(charge.reference ?? MidtransOrderId.make(charge.idempotencyKey))
        } catch {
            throw ProviderError(error.message)
        }
        guard let transaction = MidtransTransaction.read(response) else {
            throw ProviderError(client.evidence(response))
        }
        switch transaction.code ?? 0 {
        case 404: return []
        case 200..<300, 407: return transaction.movements(settings.currency)
        default: throw ProviderError(client.evidence(response))
        }
    }
}

extension MidtransTransaction {
    fileprivate func movements(_ currency: Currency) -> [StatementLine] {
        guard let status = transactionStatus, let gross = gross(currency) else { return [] }
        // Whether a cancelled authorisation had been captured, Midtrans does not tell; both ways nothing is kept.
        let isCancelled = status == "cancel" && made == .charge
        guard Self.taken.contains(status) && fraudStatus != "challenge" || isCancelled else { return [] }
        var lines = [
            line(
                transactionId ?? "", .capture, gross, key: made == .charge ? customField2 : nil, at: transactionTime)
        ]
        if isCancelled { lines.append(line(cancellationReference, .refund, gross, key: nil, at: nil)) }
        let isPartOfChargeback = status == "partial_chargeback"
        for (index, refund) in (refunds ?? []).enumerated() {
            guard let amount = amount(of: refund, currency), amount.amount > 0 else { continue }
            let isChargeback = isPartOfChargeback && index == (refunds?.count ?? 0) - 1 && refund.refundKey == nil
            lines.append(
                line(
                    isChargeback
                        ? "\(transactionId ?? "").chargeback.\(refund.refundChargebackId ?? "partial")"
                        : name(of: refund), isChargeback ? .dispute : .refund, amount, key: refund.refundKey,
                    at: refund.createdAt))
        }
        if status == "chargeback" {
            lines.append(line("\(transactionId ?? "").chargeback", .dispute, gross, key: nil, at: nil))
        }
        return lines
    }

    private func line(
        _ reference: String, _ kind: StatementLine.Kind, _ money: Money, key: String?, at time: String?
    ) -> StatementLine {
        StatementLine(
            reference: reference, orderId: customField1 ?? "", kind: kind, money: money,
            chargeReference: transactionId, idempotencyKey: key, movedAt: time.flatMap(Self.indonesian))
    }

    /// Midtrans writes times of western Indonesia, seven hours ahead of UTC all year, without saying so.
    private static func indonesian(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        return parts.count == 2 ? Timestamp("\(parts[0])T\(parts[1])+07:00") : nil
    }
}
