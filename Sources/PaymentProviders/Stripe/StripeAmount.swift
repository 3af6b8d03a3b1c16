public import Kernel

/// Amounts as Stripe counts them: in minor units, with exceptions (Stripe, "Supported currencies", special cases).
public enum StripeAmount {
    /// Digits after the point where Stripe differs from ISO 4217: ISK and UGX have none but are written with two, MGA is
    /// taken in whole ariary.
    private static let exceptions = ["ISK": 2, "UGX": 2, "MGA": 0]

    /// `nil` if Stripe does not take the amount: a fraction of what it counts in, or (currencies of three digits,
    /// such as KWD) one whose last digit is not 0.
    public static func amount(_ money: Money) -> Int64? {
        if money.currency.exponent == 3 { return money.amount.isMultiple(of: 10) ? money.amount : nil }
        let shift = (exceptions[money.currency.code] ?? money.currency.exponent) - money.currency.exponent
        let factor = power(abs(shift))
        guard shift < 0 else {
            let (product, overflow) = money.amount.multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        return money.amount.isMultiple(of: factor) ? money.amount / factor : nil
    }

    /// `code` in either case; `nil` if the currency is not known, or the amount no whole number of minor units.
    public static func money(_ amount: Int64, _ code: String) -> Money? {
        guard let currency = Currency(code: code.uppercased()) else { return nil }
        let shift = (exceptions[currency.code] ?? currency.exponent) - currency.exponent
        let factor = power(abs(shift))
        guard shift < 0 else { return amount.isMultiple(of: factor) ? Money(amount / factor, currency) : nil }
        let (product, overflow) = amount.multipliedReportingOverflow(by: factor)
        return overflow ? nil : Money(product, currency)
    }

    private static func power(_ exponent: Int) -> Int64 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}
