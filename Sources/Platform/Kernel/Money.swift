/// An ISO 4217 currency: three capital letters and the number of digits of its minor unit.
public struct Currency: Sendable, Hashable {
    public let code: String

    /// Digits after the point: KRW 0, USD 2, KWD 3 (ISO 4217, list one).
    public let exponent: Int

    /// `nil` if the code is not one that ISO 4217 lists and this table knows.
    public init?(code: String) {
        guard let exponent = Self.exponents[code] else { return nil }
        self.code = code
        self.exponent = exponent
    }

    /// The shop's currency unless told otherwise.
    public static let southKoreanWon = Currency(known: "KRW", exponent: 0)

    private init(known code: String, exponent: Int) {
        self.code = code
        self.exponent = exponent
    }

    private static let exponents: [String: Int] = {
        var table: [String: Int] = [:]
        let byExponent: [(Int, String)] = [
            (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
            (3, "BHD IQD JOD KWD LYD OMR TND"),
            (
                2,
                """
                AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
                CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL \
                HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP \
                MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD \
                SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS \
                VES WST XCD YER ZAR ZMW
                """
            ),
        ]
        for (exponent, codes) in byExponent {
            for code in codes.split(separator: " ") { table[String(code)] = exponent }
        }
        return table
    }()
}

extension Currency: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let code = try container.decode(String.self)
        guard let currency = Currency(code: code) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "is not an ISO 4217 currency code")
        }
        self = currency
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }
}

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
