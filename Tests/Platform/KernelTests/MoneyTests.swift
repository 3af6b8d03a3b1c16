import Kernel
import Testing

@Suite struct MoneyTests {
    let won = Currency(code: "KRW")!

    @Test func overflow_is_an_error_not_a_trap() throws {
        #expect(throws: MoneyError.overflow) { try Money(.max, won).adding(Money(1, won)) }
        #expect(throws: MoneyError.overflow) { try Money(.max, won).multiplied(by: 2) }
        #expect(try Money(10_000, won).multiplied(by: 10) == Money(100_000, won))
    }

    @Test func currencies_do_not_mix() {
        #expect(throws: MoneyError.currenciesDiffer("KRW", "USD")) {
            try Money(1, won).adding(Money(1, Currency(code: "USD")!))
        }
    }

    @Test(arguments: [("KRW", 0), ("IDR", 2), ("USD", 2), ("KWD", 3)])
    func exponents_are_those_of_ISO_4217(code: String, exponent: Int) {
        #expect(Currency(code: code)?.exponent == exponent)
    }

    @Test func a_code_that_ISO_4217_does_not_list_is_refused() {
        #expect(Currency(code: "XXQ") == nil)
    }
}
