import FoundationEssentials
import HTTP
import Kernel

/// Toss answers for at most a month at a time, and goes by cursor within that. Windows begin at whole days, so that they
/// are the same from page to page, and overlap by one.
extension TossProvider {
    private static let pageSize = 1000
    private static let day = Duration.seconds(86_400)
    private static let window = day * 31

    public var statementReach: Duration? { Self.day * settings.statementDays }

    public func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        let place = try place(cursor)
        let now = now()
        let end = place.start + Self.window
        let dates = "startDate=\(korean(place.start))&endDate=\(korean(min(end, now)))"
        let after = place.last.map { "&startingAfter=" + Query.encode($0) } ?? ""
        let found = try await transactions("/v1/transactions?\(dates)&limit=\(Self.pageSize)\(after)")
        let lines = found.compactMap(\.line)
        if found.count == Self.pageSize, let last = found.last {
            return StatementPage(lines: lines, next: "\(place.start.milliseconds)|\(last.transactionKey)")
        }
        return StatementPage(lines: lines, next: end < now ? "\((end - Self.day).milliseconds)|" : nil)
    }

    /// Where a window begins, and after which transaction of it to go on.
    private func place(_ cursor: String?) throws(ProviderError) -> (start: Timestamp, last: String?) {
        guard let cursor else {
            let start = (now() - Self.day * settings.statementDays).milliseconds
            return (Timestamp(milliseconds: start - start % 86_400_000), nil)
        }
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
