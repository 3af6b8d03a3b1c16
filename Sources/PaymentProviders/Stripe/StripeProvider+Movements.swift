import HTTP
import Kernel

extension StripeProvider {
    private static let pages = 10

    /// The PaymentIntent, its refunds and its disputes.
    public func movements(of charge: ProviderCall) async throws(ProviderError) -> [StatementLine] {
        do {
            guard let intent = try await intent(of: charge) else { return [] }
            let query = "?payment_intent=" + QueryString.encode(intent.id)
            let refunds = try await client.list(
                "/v1/refunds" + query, of: StripeRefund.self, pages: Self.pages, id: \.id)
            let disputes = try await client.list(
                "/v1/disputes" + query, of: StripeDispute.self, pages: Self.pages, id: \.id)
            guard refunds.isWhole, disputes.isWhole else {
                throw ProviderError("\(intent.id) has more refunds or disputes than can be looked through")
            }
            return intent.lines + refunds.items.flatMap { $0.lines(of: intent) }
                + disputes.items.flatMap { $0.lines(of: intent) }
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError(ErrorText.of(error))
        }
    }

    private func intent(of charge: ProviderCall) async throws -> StripePaymentIntent? {
        guard let path = intent(charge) else { return try await made(by: charge) }
        return try await client.object(path, as: StripePaymentIntent.self)
    }
}

extension StripePaymentIntent {
    fileprivate var lines: [StatementLine] {
        guard let received = amountReceived, received > 0, let money = StripeAmount.money(received, currency) else {
            return []
        }
        // The time of an authorisation is not that of the capture, which only the charge has.
        let movedAt = isManual ? nil : created.flatMap { Timestamp(seconds: $0) }
        return [
            StatementLine(
                reference: id, orderId: orderId ?? "", kind: .capture, money: money, chargeReference: id,
                idempotencyKey: isManual ? nil : idempotencyKey, movedAt: movedAt)
        ]
    }
}

extension StripeRefund {
    /// The movements of a failed refund, in both directions if the money had left.
    fileprivate func lines(of intent: StripePaymentIntent) -> [StatementLine] {
        let kinds: [StatementLine.Kind]
        switch status {
        case "succeeded": kinds = [.refund]
        case "failed", "canceled": kinds = failureBalanceTransaction == nil ? [] : [.refund, .refundFailure]
        default: kinds = []
        }
        guard let money, money.amount > 0 else { return [] }
        return kinds.map { kind in
            StatementLine(
                reference: id, orderId: orderId ?? intent.orderId ?? "", kind: kind, money: money,
                chargeReference: intent.id, idempotencyKey: idempotencyKey,
                movedAt: kind == .refund ? created.flatMap { Timestamp(seconds: $0) } : nil)
        }
    }
}

extension StripeDispute {
    fileprivate func lines(of intent: StripePaymentIntent) -> [StatementLine] {
        (balanceTransactions ?? []).compactMap { transaction in
            line(
                transaction.amount < 0 ? .dispute : .disputeReversal, movedAt: transaction.time,
                orderId: intent.orderId ?? "")
        }
    }
}
