import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// Books movements in the transaction of the step that they belong to.
struct Ledger: Sendable {
    let entries: Repository<LedgerEntry>
    let loop: any Loop

    /// Throws if the transaction was booked before: the step must not stand either then.
    func book(_ booking: LedgerBooking, in tx: any Transaction) async throws {
        for entry in booking.entries(at: loop.now) { try await entries.insert(entry, in: tx) }
    }

    /// Balance by account and currency, read in one consistent view.
    func trialBalance() async throws -> TrialBalance {
        try await entries.database.read(.report) { tx in
            var balance = TrialBalance()
            var (last, isLast) = ("", false)
            while !isLast {
                let part = try await entries.all(
                    Query(where: [Condition("id", .greater, .text(last))], sort: [Sort("id")], limit: 1000), in: tx)
                for entry in part { balance.add(entry) }
                last = part.last?.id ?? last
                isLast = part.count < 1000
            }
            return balance
        }
    }
}

/// The balance of each account. The sum over all accounts is zero, or the books are broken.
struct TrialBalance: Codable, Sendable {
    struct Line: Codable, Sendable {
        let currency: Currency
        let account: LedgerAccount
        var amount: WideAmount
    }
    private(set) var accounts: [Line] = []
    /// By currency; each is zero.
    private(set) var sums: [String: WideAmount] = [:]
    private(set) var entries = 0

    var isZero: Bool { sums.values.allSatisfy { $0.value == 0 } }

    mutating func add(_ entry: LedgerEntry) {
        entries += 1
        if let index = accounts.firstIndex(where: { $0.account == entry.account && $0.currency == entry.currency }) {
            accounts[index].amount.value += Int128(entry.amount)
        } else {
            accounts.append(Line(currency: entry.currency, account: entry.account, amount: WideAmount(entry.amount)))
        }
        sums[entry.currency.code, default: WideAmount(0)].value += Int128(entry.amount)
    }
}

/// A sum of amounts, in minor units, that no number of 64-bit amounts overflows. In JSON a number, or its digits as a
/// string beyond what readers of JSON numbers can be expected to hold.
struct WideAmount: Codable, Sendable, Hashable {
    var value: Int128

    init(_ amount: Int64) { value = Int128(amount) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let amount = try? container.decode(Int64.self) {
            value = Int128(amount)
            return
        }
        guard let wide = Int128(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "is not a whole number")
        }
        value = wide
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let amount = Int64(exactly: value) {
            try container.encode(amount)
        } else {
            try container.encode(value.description)
        }
    }
}
