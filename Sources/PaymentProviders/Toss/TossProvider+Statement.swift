import FoundationEssentials
import HTTP
import Kernel

extension TossProvider {
    private static let pageSize = 1000
    private static let pages = 100

    /// All transactions of the last `statementDays`, in one page: Toss' list goes by cursor, not by number.
    public func statement(page: Int) async throws(ProviderError) -> [StatementLine]? {
        guard page == 0 else { return nil }
        let until = now()
        let window = "startDate=\(korean(until - .seconds(86_400 * settings.statementDays)))&endDate=\(korean(until))"
        var lines: [StatementLine] = []
        var cursor = ""
        for _ in 0..<Self.pages {
            let transactions = try await transactions("/v1/transactions?\(window)&limit=\(Self.pageSize)\(cursor)")
            lines += transactions.compactMap(\.line)
            guard transactions.count == Self.pageSize, let last = transactions.last else { return lines }
            cursor = "&startingAfter=" + Query.encode(last.transactionKey)
        }
        throw ProviderError("Toss has more transactions than a statement can hold")
    }

    private func transactions(_ path: String) async throws(ProviderError) -> [TossTransaction] {
        let response: Response
        do throws(TransportError) { response = try await get(path) } catch { throw ProviderError(error.message) }
        guard response.status == 200,
            let transactions = try? JSON.decode([TossTransaction].self, from: response.body)
        else { throw ProviderError("Toss' transactions cannot be read (status \(response.status))") }
        return transactions
    }

    /// Toss writes times of Korea, nine hours ahead of UTC all year, without saying so.
    private func korean(_ time: Timestamp) -> String {
        String((time + .seconds(9 * 3600)).description.prefix(19))
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
            let money = DecimalAmount.read("\(amount.magnitude)", currency)
        else { return nil }
        return StatementLine(
            reference: kind == .capture ? paymentKey : transactionKey, orderId: orderId, kind: kind, money: money)
    }
}
