import Kernel

/// How a language writes numbers, money and times.
struct NumberFormat: Sendable {
    let groupSeparator: String
    let decimalSeparator: String

    /// With the point where the currency has it: 1234567 minor units are `USD 12,345.67` and `KRW 1,234,567`.
    func money(_ money: Money) -> String {
        let exponent = money.currency.exponent
        let digits = String(money.amount.magnitude)
        let padded = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
        let fraction = exponent > 0 ? decimalSeparator + padded.suffix(exponent) : ""
        return "\(money.currency.code) \(money.amount < 0 ? "-" : "")\(grouped(padded.dropLast(exponent)))\(fraction)"
    }

    func number(_ number: Int64) -> String {
        (number < 0 ? "-" : "") + grouped(Substring(String(number.magnitude)))
    }

    /// To the minute, in UTC: where the reader is, is not known.
    func time(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }

    private func grouped(_ digits: Substring) -> String {
        var groups: [Substring] = []
        var rest = digits
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        return ([rest] + groups).joined(separator: groupSeparator)
    }
}
