import CCrypto

/// Hashes (FIPS 180-4), computed by OpenSSL.
public enum Digest {
    /// 32 bytes.
    public static func sha256(_ message: [UInt8]) -> [UInt8] { digest(message, EVP_sha256(), length: 32) }

    /// 64 bytes.
    public static func sha512(_ message: [UInt8]) -> [UInt8] { digest(message, EVP_sha512(), length: 64) }

    private static func digest(_ message: [UInt8], _ algorithm: OpaquePointer?, length: Int) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        var written: UInt32 = 0
        let result = EVP_Digest(message, message.count, &digest, &written, algorithm, nil)
        precondition(result == 1 && written == length, "OpenSSL's digest failed")
        return digest
    }
}

/// A SHA-256 of bytes that come piece by piece.
public final class RunningDigest {
    private let state = EVP_MD_CTX_new()

    public init() { precondition(EVP_DigestInit_ex(state, EVP_sha256(), nil) == 1, "OpenSSL's digest failed") }

    deinit { EVP_MD_CTX_free(state) }

    public func add(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(state, bytes.baseAddress, bytes.count) == 1, "OpenSSL's digest failed")
    }

    public func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    /// Returns the 32 bytes, once; nothing may be added afterwards.
    public func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var written: UInt32 = 0
        precondition(EVP_DigestFinal_ex(state, &digest, &written) == 1 && written == 32, "OpenSSL's digest failed")
        return digest
    }
}

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

/// Comparisons whose time does not tell how much was equal.
public enum ConstantTime {
    public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
