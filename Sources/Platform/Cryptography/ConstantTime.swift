import CCrypto

/// Comparisons whose time does not tell how much was equal.
public enum ConstantTime {
    public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
