import HTTP
import Kernel

extension MidtransProvider {
    /// Reads the movements from the status of the transaction, because the interface of Midtrans has no list of them.
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
        // Midtrans does not tell whether a cancelled authorisation had been captured. In both cases the shop keeps no
        // money, so no movement is listed.
        let isCancelled = status == "cancel" && made == .charge
        guard Self.taken.contains(status) && fraudStatus != "challenge" || isCancelled else { return [] }
        var lines = [
            line(
                transactionId ?? "", .capture, gross, key: made == .charge ? customField2 : nil, at: transactionTime)
        ]
        if isCancelled { lines.append(line(cancellationReference, .refund, gross, key: nil, at: nil)) }
        let chargeback = chargeback(currency)
        for refund in refunds?.dropLast(chargeback?.isListed == true ? 1 : 0) ?? [] {
            guard let amount = amount(of: refund, currency), amount.amount > 0 else { continue }
            lines.append(line(name(of: refund), .refund, amount, key: refund.refundKey, at: refund.createdAt))
        }
        if let chargeback { lines.append(line(chargeback.id, .dispute, chargeback.money, key: nil, at: nil)) }
        return lines
    }

    /// Returns the chargeback, the amount that the bank of the buyer reclaimed; `nil` if there is none. Midtrans lists
    /// a part of the payment after the refunds, without a key. If nothing is listed, the amount is all that is left.
    func chargeback(_ currency: Currency) -> (id: String, money: Money, isListed: Bool)? {
        guard transactionStatus == "chargeback" || transactionStatus == "partial_chargeback" else { return nil }
        let listed = refunds?.last.flatMap { $0.refundKey == nil ? $0 : nil }
        let money = listed.flatMap { amount(of: $0, currency) } ?? left(currency)
        guard let money, money.amount > 0 else { return nil }
        let part = transactionStatus == "partial_chargeback" ? ".\(listed?.refundChargebackId ?? "partial")" : ""
        return ("\(transactionId ?? "").chargeback\(part)", money, listed != nil)
    }

    /// The amount that is neither refunded nor reclaimed; `nil` if an amount cannot be read.
    func left(_ currency: Currency) -> Money? {
        (refunds ?? []).reduce(gross(currency)) { left, refund in
            amount(of: refund, currency).flatMap { amount in try? left?.subtracting(amount) }
        }
    }

    private func line(
        _ reference: String, _ kind: StatementLine.Kind, _ money: Money, key: String?, at time: String?
    ) -> StatementLine {
        StatementLine(
            reference: reference, orderId: customField1 ?? "", kind: kind, money: money,
            chargeReference: transactionId, idempotencyKey: key, movedAt: time.flatMap(Self.indonesian))
    }

    /// Reads a time of Midtrans. It has no offset and is the time of western Indonesia, which is UTC+7 all year.
    private static func indonesian(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        return parts.count == 2 ? Timestamp("\(parts[0])T\(parts[1])+07:00") : nil
    }
}
