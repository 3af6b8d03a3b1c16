/// An amount in integer minor units of one currency. Arithmetic traps no one: overflow and mixed currencies throw.
public struct Money: Sendable, Hashable, Codable {
    /// The largest amount of one order, payment or adjustment, in minor units: sums of millions of them still fit.
    public static let limit: Int64 = 1_000_000_000_000

    /// Minor units: 10000 is ₩10,000 in KRW and $100.00 in USD.
    public let amount: Int64
    public let currency: Currency

    public init(_ amount: Int64, _ currency: Currency) {
        self.amount = amount
        self.currency = currency
    }

    public func adding(_ other: Money) throws(MoneyError) -> Money {
        try combine(other) { amount.addingReportingOverflow($0) }
    }

    public func subtracting(_ other: Money) throws(MoneyError) -> Money {
        try combine(other) { amount.subtractingReportingOverflow($0) }
    }

    public func multiplied(by factor: Int64) throws(MoneyError) -> Money {
        let (product, overflow) = amount.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw .overflow }
        return Money(product, currency)
    }

    private func combine(
        _ other: Money, _ operation: (Int64) -> (partialValue: Int64, overflow: Bool)
    ) throws(MoneyError) -> Money {
        guard currency == other.currency else { throw .currenciesDiffer(currency.code, other.currency.code) }
        let (result, overflow) = operation(other.amount)
        guard !overflow else { throw .overflow }
        return Money(result, currency)
    }
}

public enum MoneyError: Error, Hashable, CustomStringConvertible {
    case overflow
    case currenciesDiffer(String, String)

    public var description: String {
        switch self {
        case .overflow: "the amount is larger than any that can be stored"
        case .currenciesDiffer(let one, let other):
            "an amount in \(one) cannot be counted together with one in \(other)"
        }
    }
}
