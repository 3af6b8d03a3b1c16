import Kernel
import PaymentProviders
import Testing

@Suite struct AmountTests {
    @Test(arguments: [
        (10000 as Int64, "KRW", "10000"), (10050, "USD", "100.50"), (1_500_000, "IDR", "15000.00"),
        (1005, "KWD", "1.005"), (5, "USD", "0.05"), (5, "KWD", "0.005"), (0, "USD", "0.00"), (-250, "USD", "-2.50"),
        (Int64.max, "USD", "92233720368547758.07"), (Int64.min, "KRW", "-9223372036854775808"),
    ])
    func decimal_text_has_the_digits_of_its_currency_and_reads_back(
        _ amount: Int64, _ code: String, _ text: String
    ) throws {
        let money = Money(amount, try #require(Currency(code: code)))
        #expect(DecimalAmount.text(money) == text)
        #expect(DecimalAmount.read(text, money.currency) == money)
    }

    @Test(arguments: [
        ("10000.00", "KRW", 10000 as Int64?), ("15000", "IDR", 1_500_000), ("15000.5", "IDR", 1_500_050),
        ("1.0050", "KWD", 1005), ("10000.50", "KRW", nil), ("1.005", "USD", nil), ("", "USD", nil), (".5", "USD", nil),
        ("1.", "USD", nil), ("1,000", "USD", nil), ("1e3", "USD", nil), ("+1", "USD", nil), ("--1", "USD", nil),
        ("92233720368547758.08", "USD", nil), ("١", "KRW", nil),
    ])
    func decimal_text_is_read_exactly_or_not_at_all(_ text: String, _ code: String, _ amount: Int64?) throws {
        let currency = try #require(Currency(code: code))
        #expect(DecimalAmount.read(text, currency) == amount.map { Money($0, currency) })
    }

    @Test(arguments: [
        (10000 as Int64, "KRW", 10000 as Int64?), (1_500_000, "IDR", 15000), (1_500_050, "IDR", nil), (2000, "KWD", 2),
    ])
    func whole_major_units_leave_nothing_over(_ amount: Int64, _ code: String, _ whole: Int64?) throws {
        #expect(DecimalAmount.whole(Money(amount, try #require(Currency(code: code)))) == whole)
    }

    @Test(arguments: [
        (10000 as Int64, "KRW", 10000 as Int64?), (10050, "USD", 10050), (1_500_000, "IDR", 1_500_000),
        (1000, "KWD", 1000), (1005, "KWD", nil), (500, "ISK", 50000), (500, "UGX", 50000), (500, "MGA", 5),
        (550, "MGA", nil), (Int64.max, "ISK", nil),
    ])
    func stripe_counts_in_minor_units_with_its_exceptions(_ amount: Int64, _ code: String, _ stripe: Int64?) throws {
        let money = Money(amount, try #require(Currency(code: code)))
        #expect(StripeAmount.amount(money) == stripe)
        if let stripe { #expect(StripeAmount.money(stripe, code.lowercased()) == money) }
    }

    @Test func stripe_amounts_that_are_no_whole_minor_units_are_not_read() {
        #expect(StripeAmount.money(50, "isk") == nil)
        #expect(StripeAmount.money(50, "xxx") == nil)
    }
}
