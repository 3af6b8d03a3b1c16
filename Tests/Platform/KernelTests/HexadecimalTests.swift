import Kernel
import Testing

@Suite struct HexadecimalTests {
    @Test func writes_every_digit_of_the_number() {
        #expect(hexadecimal(0x0123_4567_89AB_CDEF as UInt64) == "0123456789abcdef")
        #expect(hexadecimal(0 as UInt8) == "00")
        #expect(hexadecimal(UInt128.max) == String(repeating: "f", count: 32))
    }

    @Test func leaves_out_what_does_not_fit() {
        #expect(hexadecimal(0xABCDE as UInt32, digits: 4) == "bcde")
    }
}
