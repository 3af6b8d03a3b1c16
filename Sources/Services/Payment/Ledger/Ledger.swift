import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// Books movements in the transaction of the step that they belong to.
struct Ledger: Sendable {
    let entries: Repository<LedgerEntry>
    let loop: any Loop

    /// Throws where the transaction was booked before: the step must not stand either then.
    func book(_ booking: LedgerBooking, in tx: any Transaction) async throws {
        for entry in booking.entries(at: loop.now) { try await entries.insert(entry, in: tx) }
    }

    /// Balance by account and currency, read in one consistent view.
    func trialBalance() async throws -> TrialBalance {
        try await entries.database.read { tx in
            var balance = TrialBalance()
            var (last, isLast) = ("", false)
            while !isLast {
                let part = try await entries.all(
                    Query(where: [Condition("id", .greater, .text(last))], sort: [Sort("id")], limit: 1000), in: tx)
                for entry in part { try balance.add(entry) }
                last = part.last?.id ?? last
                isLast = part.count < 1000
            }
            return balance
        }
    }
}

/// What stands on each account. The sum over all accounts is zero, or the books are broken.
struct TrialBalance: Codable, Sendable {
    struct Line: Codable, Sendable {
        let currency: Currency
        let account: LedgerAccount
        var amount: Int64
    }
    private(set) var accounts: [Line] = []
    /// By currency; each is zero.
    private(set) var sums: [String: Int64] = [:]
    private(set) var entries = 0

    var isZero: Bool { sums.values.allSatisfy { $0 == 0 } }

    mutating func add(_ entry: LedgerEntry) throws {
        entries += 1
        if let index = accounts.firstIndex(where: { $0.account == entry.account && $0.currency == entry.currency }) {
            accounts[index].amount = try Self.sum(accounts[index].amount, entry.amount)
        } else {
            accounts.append(Line(currency: entry.currency, account: entry.account, amount: entry.amount))
        }
        sums[entry.currency.code] = try Self.sum(sums[entry.currency.code] ?? 0, entry.amount)
    }

    private static func sum(_ left: Int64, _ right: Int64) throws(MoneyError) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        guard !overflow else { throw .overflow }
        return sum
    }
}
