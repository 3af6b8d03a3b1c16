import Kernel
import Testing

struct FNV1aTests {
    /// The published vectors of FNV-1a with 128 bits.
    @Test(arguments: [
        ("", "6c62272e07bb014262b821756295c58d"),
        ("a", "d228cb696f1a8caf78912b704e4a8964"),
        ("foobar", "343e1662793c64bf6f0d3597ba446f18"),
    ])
    func is_FNV_1a(text: String, hash: String) {
        var fingerprint = FNV1a.of128Bits
        fingerprint.add(text)
        #expect(hexadecimal(fingerprint.state) == hash)
    }

    @Test(arguments: [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)])
    func is_FNV_1a_with_64_bits(text: String, hash: UInt64) {
        var fingerprint = FNV1a.of64Bits
        var text = text
        text.withUTF8 { fingerprint.add(UnsafeRawBufferPointer($0)) }
        #expect(fingerprint.state == hash)
    }
}
