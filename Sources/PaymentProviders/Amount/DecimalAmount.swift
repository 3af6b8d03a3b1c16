public import Kernel

/// Amounts as decimal text in major units, as some providers write them: `100.50` for USD 10050.
public enum DecimalAmount {
    /// Formats an amount with as many digits after the point as ISO 4217 gives the currency: `10000` (KRW), `100.50`
    /// (USD), `1.005` (KWD).
    public static func text(_ money: Money) -> String {
        let digits = String(money.amount.magnitude)
        let sign = money.amount < 0 ? "-" : ""
        let exponent = money.currency.exponent
        guard exponent > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
        return sign + padded.dropLast(exponent) + "." + padded.suffix(exponent)
    }

    /// Reads an amount; `nil` if the text is not an amount, is more precise than the currency, or is too large. Extra
    /// zeros after the currency's digits are accepted (`10000.00` KRW), because some providers write two digits for
    /// every currency.
    public static func read(_ text: String, _ currency: Currency) -> Money? {
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard parts.count == 1 || !fraction.isEmpty,
            (whole + fraction).utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            fraction.dropFirst(currency.exponent).allSatisfy({ $0 == "0" })
        else { return nil }
        let kept = fraction.prefix(currency.exponent)
        let digits = whole + kept + String(repeating: "0", count: currency.exponent - kept.count)
        return Int64((isNegative ? "-" : "") + digits).map { Money($0, currency) }
    }

    /// Returns the amount in major units; `nil` if it is not a whole number of them.
    public static func whole(_ money: Money) -> Int64? {
        let unit = (0..<money.currency.exponent).reduce(Int64(1)) { unit, _ in unit * 10 }
        return money.amount.isMultiple(of: unit) ? money.amount / unit : nil
    }
}
