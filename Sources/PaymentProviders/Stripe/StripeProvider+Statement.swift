import HTTP
import Kernel

/// Stripe's lists go by cursor: first all PaymentIntents, then all refunds, 100 a page.
extension StripeProvider {
    private enum Part: String, CaseIterable {
        case intents, refunds
    }

    /// Captures and refunds that carry an order's id.
    public func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        let (part, last) = try place(cursor)
        do {
            switch part {
            case .intents:
                let page = try await client.page("/v1/payment_intents", of: StripePaymentIntent.self, after: last)
                let next = page.hasMore ? page.items.last?.id : nil
                return StatementPage(
                    lines: page.items.compactMap(line),
                    next: next.map { place(.intents, $0) } ?? place(.refunds, ""))
            case .refunds:
                let page = try await client.page("/v1/refunds", of: StripeRefund.self, after: last)
                var lines: [StatementLine] = []
                for refund in page.items {
                    if let line = try await line(refund) { lines.append(line) }
                }
                return StatementPage(
                    lines: lines, next: page.hasMore ? page.items.last.map { place(.refunds, $0.id) } : nil)
            }
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError("\(error)")
        }
    }

    private func place(_ part: Part, _ last: String) -> String { part.rawValue + "|" + last }

    private func place(_ cursor: String?) throws(ProviderError) -> (Part, String?) {
        guard let cursor else { return (.intents, nil) }
        guard let bar = cursor.firstIndex(of: "|"), let part = Part(rawValue: String(cursor[..<bar])) else {
            throw ProviderError("\(cursor) is no place in a statement")
        }
        let last = String(cursor[cursor.index(after: bar)...])
        return (part, last.isEmpty ? nil : last)
    }

    private func line(_ intent: StripePaymentIntent) -> StatementLine? {
        guard intent.status == "succeeded", let orderId = intent.orderId,
            let money = StripeAmount.money(intent.amountReceived ?? intent.amount, intent.currency)
        else { return nil }
        return StatementLine(reference: intent.id, orderId: orderId, kind: .capture, money: money)
    }

    /// One that was made by hand on Stripe's own page carries no order: its PaymentIntent does.
    private func line(_ refund: StripeRefund) async throws -> StatementLine? {
        guard refund.status == "succeeded", let money = StripeAmount.money(refund.amount, refund.currency) else {
            return nil
        }
        var orderId = refund.orderId
        if orderId == nil, let intent = refund.paymentIntent {
            let response = try await client.get("/v1/payment_intents/" + Query.encode(intent))
            guard response.status == 200 else { throw ProviderError("Stripe answered \(response.status)") }
            orderId = try JSON.decodeSnakeCase(StripePaymentIntent.self, from: response.body).orderId
        }
        return orderId.map { StatementLine(reference: refund.id, orderId: $0, kind: .refund, money: money) }
    }
}
