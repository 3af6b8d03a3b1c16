import HTTP
import Kernel

extension StripeProvider {
    /// 10,000 of each: more than that is a matter for Stripe's own reports.
    private static let statementPages = 100

    /// All captures and refunds that carry an order's id, in one page: Stripe's lists go by cursor, not by number.
    public func statement(page: Int) async throws(ProviderError) -> [StatementLine]? {
        guard page == 0 else { return nil }
        do {
            let intents = try await client.list(
                "/v1/payment_intents", of: StripePaymentIntent.self, pages: Self.statementPages, id: \.id)
            let refunds = try await client.list(
                "/v1/refunds", of: StripeRefund.self, pages: Self.statementPages, id: \.id)
            guard intents.isWhole, refunds.isWhole else {
                throw ProviderError("Stripe has more payments than a statement can hold")
            }
            return lines(intents.items, refunds.items)
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError("\(error)")
        }
    }

    private func lines(_ intents: [StripePaymentIntent], _ refunds: [StripeRefund]) -> [StatementLine] {
        let orders = Dictionary(intents.map { ($0.id, $0.orderId) }, uniquingKeysWith: { first, _ in first })
        var lines: [(time: Int64, line: StatementLine)] = []
        for intent in intents where intent.status == "succeeded" {
            guard let orderId = intent.orderId,
                let money = StripeAmount.money(intent.amountReceived ?? intent.amount, intent.currency)
            else { continue }
            lines.append(
                (
                    intent.created ?? 0,
                    StatementLine(reference: intent.id, orderId: orderId, kind: .capture, money: money)
                ))
        }
        for refund in refunds where refund.status == "succeeded" {
            let ofIntent = refund.paymentIntent.flatMap { orders[$0] } ?? nil
            guard let orderId = refund.orderId ?? ofIntent,
                let money = StripeAmount.money(refund.amount, refund.currency)
            else { continue }
            lines.append(
                (
                    refund.created ?? 0,
                    StatementLine(reference: refund.id, orderId: orderId, kind: .refund, money: money)
                ))
        }
        // A refund comes after its capture, even of the same second.
        return lines.sorted { ($0.time, $0.line.kind == .refund ? 1 : 0) < ($1.time, $1.line.kind == .refund ? 1 : 0) }
            .map(\.line)
    }
}
