import CCrypto

/// Keyed hashes, computed by OpenSSL.
public enum HMAC {
    /// HMAC-SHA-256 (RFC 2104): 32 bytes.
    public static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        let result = CCrypto.HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &digest, &length)
        precondition(result != nil && length == 32, "OpenSSL's HMAC failed")
        return digest
    }
}
