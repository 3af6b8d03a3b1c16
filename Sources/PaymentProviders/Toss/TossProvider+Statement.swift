import FoundationEssentials
import HTTP
import Kernel

/// Toss answers for at most a month at a time, and goes by cursor within that.
extension TossProvider {
    private static let pageSize = 1000
    private static let day = Duration.seconds(86_400)
    private static let month = day * 31

    public var statementReach: Duration? { Self.day * settings.statementDays }

    public func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        let now = now()
        let limits = (start: max(window.start, now - Self.day * settings.statementDays), end: min(window.end, now))
        let place = try place(cursor) ?? (start: limits.start, last: nil)
        let end = min(place.start + Self.month, limits.end)
        guard place.start < limits.end else { return StatementPage(lines: [], next: nil) }
        let dates = "startDate=\(korean(place.start))&endDate=\(korean(end + .milliseconds(999)))"
        let after = place.last.map { "&startingAfter=" + QueryString.encode($0) } ?? ""
        let found = try await transactions("/v1/transactions?\(dates)&limit=\(Self.pageSize)\(after)")
        let lines = found.compactMap(\.line)
        if found.count == Self.pageSize, let last = found.last {
            return StatementPage(lines: lines, next: "\(place.start.milliseconds)|\(last.transactionKey)")
        }
        return StatementPage(lines: lines, next: end < limits.end ? "\(end.milliseconds)|" : nil)
    }

    /// The beginning of the month, and the transaction after which to continue.
    private func place(_ cursor: String?) throws(ProviderError) -> (start: Timestamp, last: String?)? {
        guard let cursor else { return nil }
        guard let bar = cursor.firstIndex(of: "|"), let start = Int64(cursor[..<bar]) else {
            throw ProviderError("\(cursor) is no place in a statement")
        }
        let last = String(cursor[cursor.index(after: bar)...])
        return (Timestamp(milliseconds: start), last.isEmpty ? nil : last)
    }

    private func transactions(_ path: String) async throws(ProviderError) -> [TossTransaction] {
        let response: Response
        do throws(TransportError) { response = try await get(path) } catch { throw ProviderError(error.message) }
        guard response.status == 200,
            let transactions = try? JSON.decode([TossTransaction].self, from: response.body)
        else { throw ProviderError(evidence.text("Toss", response)) }
        return transactions
    }

    /// Toss writes times of Korea, nine hours ahead of UTC all year, without saying so.
    private func korean(_ time: Timestamp) -> String {
        String((time + .seconds(9 * 3600)).description.prefix(19))
    }

    /// The payment and its cancellations.
    public func movements(of charge: ProviderCall) async throws(ProviderError) -> [StatementLine] {
        let path =
            charge.reference.map { "/v1/payments/" + QueryString.encode($0) }
            ?? "/v1/payments/orders/" + QueryString.encode(charge.orderId)
        let response: Response
        do throws(TransportError) { response = try await get(path) } catch { throw ProviderError(error.message) }
        if response.status == 404, TossFailure.read(response)?.code == "NOT_FOUND_PAYMENT" { return [] }
        guard response.status == 200, let payment = try? JSON.decode(TossPayment.self, from: response.body) else {
            throw ProviderError(evidence.text("Toss", response))
        }
        return payment.movements
    }
}

extension TossTransaction {
    /// A payment's own transaction is named by its paymentKey, as `perform` names it; a cancellation by itself.
    fileprivate var line: StatementLine? {
        let kind: StatementLine.Kind
        switch status {
        case "DONE": kind = .capture
        case "CANCELED", "PARTIAL_CANCELED": kind = .refund
        default: return nil
        }
        guard let currency = Currency(code: currency ?? "KRW"),
            let money = DecimalAmount.read("\(amount.magnitude)", currency), money.amount > 0
        else { return nil }
        return StatementLine(
            reference: kind == .capture ? paymentKey : transactionKey, orderId: orderId, kind: kind, money: money,
            chargeReference: paymentKey, movedAt: transactionAt.flatMap { Timestamp($0) })
    }
}

extension TossPayment {
    fileprivate var movements: [StatementLine] {
        guard ["DONE", "CANCELED", "PARTIAL_CANCELED"].contains(status), let total = money(totalAmount) else {
            return []
        }
        let capture = StatementLine(
            reference: paymentKey, orderId: orderId, kind: .capture, money: total, chargeReference: paymentKey,
            movedAt: approvedAt.flatMap { Timestamp($0) })
        let refunds = (cancels ?? []).compactMap { cancel -> StatementLine? in
            guard case .succeeded = lookup(of: cancel), let amount = money(cancel.cancelAmount) else { return nil }
            return StatementLine(
                reference: name(of: cancel), orderId: orderId, kind: .refund, money: amount,
                chargeReference: paymentKey, idempotencyKey: cancel.idempotencyKey,
                movedAt: cancel.canceledAt.flatMap { Timestamp($0) })
        }
        return [capture] + refunds
    }
}
