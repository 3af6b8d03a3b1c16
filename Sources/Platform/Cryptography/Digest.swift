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
