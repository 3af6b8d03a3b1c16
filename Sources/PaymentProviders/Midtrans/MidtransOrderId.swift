import Cryptography
import Kernel

/// Midtrans' own handle of a call: its `order_id`, which it takes once. It is the idempotency key, so that a second
/// attempt for the same order is another transaction and a repeated call is not. The order's id travels in
/// `custom_field1`, the key in `custom_field2`.
enum MidtransOrderId {
    /// The `order_id`: at most 50 letters, digits and `-_~.`; a key of another form is replaced by its hash.
    static func make(_ idempotencyKey: String) -> String {
        let isPlain = idempotencyKey.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard !isPlain || idempotencyKey.utf8.count > 50 else { return idempotencyKey }
        return "h-" + hexadecimal(Digest.sha256(Array(idempotencyKey.utf8))).prefix(40)
    }
}
