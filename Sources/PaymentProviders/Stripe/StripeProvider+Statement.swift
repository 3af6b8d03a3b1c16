import HTTP
import Kernel

/// Stripe's statement is its list of balance transactions.
///
/// Lists of PaymentIntents, refunds and disputes would go by when an object was made: an authorisation that is captured
/// five days later, or a refund that fails next week, would never show in the window of its movement. Balance
/// transactions are made when money moves, refunds that failed and disputes included, in one list with one cursor
/// (Stripe, "Balance transaction types"). Their own amounts are in the currency of the settlement, so each is asked for
/// with its source, whose amount is what the buyer paid, and with the PaymentIntent of that, which knows the order.
extension StripeProvider {
    public func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        // In whole seconds, rounded outwards.
        let start = max(window.start.milliseconds, 0) / 1000
        let end = window.end.milliseconds / 1000 + (window.end.milliseconds % 1000 > 0 ? 1 : 0)
        let parameters = [
            ("created[gte]", String(start)), ("created[lt]", String(end)), ("expand[]", "data.source"),
            ("expand[]", "data.source.payment_intent"),
        ]
        let query = parameters.map { "\(QueryString.encode($0))=\(QueryString.encode($1))" }.joined(separator: "&")
        let path = "/v1/balance_transactions?" + query
        do {
            let page = try await client.page(path, of: StripeBalanceTransaction.self, after: cursor)
            var lines: [StatementLine] = []
            for transaction in page.items {
                if let line = try transaction.line { lines.append(line) }
            }
            return StatementPage(lines: lines, next: page.hasMore ? page.items.last?.id : nil)
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError(ErrorText.of(error))
        }
    }
}

extension StripeBalanceTransaction {
    /// `nil` for fees, payouts and the like. Throws if Stripe did not send the source along: a movement must not be lost.
    fileprivate var line: StatementLine? {
        get throws(ProviderError) {
            switch type {
            case "charge", "payment", "refund", "payment_refund", "refund_failure", "adjustment": break
            default: return nil
            }
            guard let source else { return nil }
            switch source.object {
            case .charge(let charge): return charge.line(movedAt: time)
            case .refund(let refund):
                let isFailure = type == "refund_failure" || amount > 0
                return refund.line(isFailure ? .refundFailure : .refund, movedAt: time)
            case .dispute(let dispute): return dispute.line(amount < 0 ? .dispute : .disputeReversal, movedAt: time)
            case .other: return nil
            case nil: throw ProviderError("Stripe's statement names \(source.id) and does not show it")
            }
        }
    }

    var time: Timestamp? { created.flatMap { Timestamp(seconds: $0) } }
}

extension StripeCharge {
    fileprivate func line(movedAt: Timestamp?) -> StatementLine? {
        guard let amount = amountCaptured ?? amount, let currency, let money = StripeAmount.money(amount, currency),
            money.amount > 0
        else { return nil }
        let intent = paymentIntent?.object
        return StatementLine(
            reference: paymentIntent?.id ?? id, orderId: intent?.orderId ?? metadata?["order_id"] ?? "",
            kind: .capture, money: money, chargeReference: paymentIntent?.id,
            // The key of an authorisation is not that of its capture.
            idempotencyKey: intent?.isManual == false ? intent?.idempotencyKey : nil, movedAt: movedAt)
    }
}

extension StripeRefund {
    func line(_ kind: StatementLine.Kind, movedAt: Timestamp?) -> StatementLine? {
        guard let money, money.amount > 0 else { return nil }
        return StatementLine(
            reference: id, orderId: orderId ?? "", kind: kind, money: money, chargeReference: paymentIntent?.id,
            idempotencyKey: idempotencyKey, movedAt: movedAt)
    }
}

extension StripeDispute {
    func line(_ kind: StatementLine.Kind, movedAt: Timestamp?, orderId: String? = nil) -> StatementLine? {
        guard let money, money.amount > 0 else { return nil }
        return StatementLine(
            reference: id, orderId: orderId ?? paymentIntent?.object?.orderId ?? "", kind: kind, money: money,
            chargeReference: paymentIntent?.id, movedAt: movedAt)
    }
}
