import CCrypto

/// A key that verifies signatures: RSA, ECDSA on P-256, or Ed25519. The mathematics are OpenSSL's.
public final class PublicKey: @unchecked Sendable {
    // Unchecked: the key is never changed after it is made, each verification has a context of its own, and OpenSSL counts
    // references atomically.

    /// A way to sign; each goes with one kind of key.
    public enum Scheme: Sendable, Hashable {
        /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2).
        case rsaPKCS1
        /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, and a salt of 32 bytes (RFC 8017 §8.1).
        case rsaPSS
        /// ECDSA on P-256 with SHA-256 (FIPS 186-5); the signature is r and s, 32 bytes each.
        case ecdsaP256
        /// Ed25519 (RFC 8032); the signature has 64 bytes.
        case ed25519
    }

    public enum Kind: Sendable, Hashable {
        case rsa, p256, ed25519
    }

    public let kind: Kind
    private let handle: OpaquePointer

    /// Bits of an RSA modulus that are accepted. Beyond, one signature takes too long to verify.
    public static let rsaBits = 2048...8192

    private init?(_ kind: Kind, subjectPublicKeyInfo: [UInt8]) {
        let key = subjectPublicKeyInfo.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var start = buffer.baseAddress
            let key = d2i_PUBKEY(nil, &start, buffer.count)
            guard let key, start == buffer.baseAddress.map({ $0 + buffer.count }) else {
                EVP_PKEY_free(key)
                return nil
            }
            return key
        }
        guard let key else {
            // What is left in the thread's queue would be taken for an error of the next user of OpenSSL.
            ERR_clear_error()
            return nil
        }
        self.kind = kind
        handle = key
    }

    deinit { EVP_PKEY_free(handle) }

    /// Both numbers big-endian. `nil` for a modulus outside `rsaBits`, an even one, and an exponent that is even, below
    /// 65537 or longer than 8 bytes.
    public static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
        let (modulus, exponent) = (modulus.drop { $0 == 0 }, exponent.drop { $0 == 0 })
        guard let first = modulus.first, rsaBits.contains(modulus.count * 8 - first.leadingZeroBitCount),
            modulus.last.map({ $0 & 1 == 1 }) == true, (3...8).contains(exponent.count),
            exponent.reduce(UInt64(0), { $0 << 8 | UInt64($1) }) >= 65_537, exponent.last.map({ $0 & 1 == 1 }) == true
        else { return nil }
        let key = DER.sequence(DER.integer(modulus) + DER.integer(exponent))
        // rsaEncryption (RFC 3279 §2.3.1), with its NULL.
        let algorithm: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
        return PublicKey(.rsa, subjectPublicKeyInfo: DER.sequence(DER.sequence(algorithm) + DER.bitString(key)))
    }

    /// The coordinates have 32 bytes each. `nil` if the point is not on the curve.
    public static func p256(x: [UInt8], y: [UInt8]) -> PublicKey? {
        guard x.count == 32, y.count == 32 else { return nil }
        // id-ecPublicKey and secp256r1 (RFC 5480 §2.1.1); 4 means that both coordinates follow.
        let algorithm: [UInt8] = [
            0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01,
            0x07,
        ]
        return PublicKey(
            .p256, subjectPublicKeyInfo: DER.sequence(DER.sequence(algorithm) + DER.bitString([4] + x + y)))
    }

    /// `bytes` are 32.
    public static func ed25519(_ bytes: [UInt8]) -> PublicKey? {
        guard bytes.count == 32 else { return nil }
        // id-Ed25519 (RFC 8410 §3).
        return PublicKey(
            .ed25519,
            subjectPublicKeyInfo: DER.sequence(DER.sequence([0x06, 0x03, 0x2B, 0x65, 0x70]) + DER.bitString(bytes)))
    }

    /// Returns `false` for every signature that is not this key's by this scheme, whatever is wrong with it.
    public func verify(_ message: [UInt8], signature: [UInt8], by scheme: Scheme) -> Bool {
        guard scheme.kind == kind, let signature = scheme.wireForm(of: signature),
            let context = EVP_MD_CTX_new()
        else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        var parameters: OpaquePointer?
        let digest = scheme == .ed25519 ? nil : EVP_sha256()
        guard EVP_DigestVerifyInit(context, &parameters, digest, nil, handle) == 1 else { return false }
        if scheme == .rsaPSS {
            guard EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) == 1,
                EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha256()) == 1
            else { return false }
        }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

extension PublicKey.Scheme {
    var kind: PublicKey.Kind {
        switch self {
        case .rsaPKCS1, .rsaPSS: .rsa
        case .ecdsaP256: .p256
        case .ed25519: .ed25519
        }
    }

    /// The form that OpenSSL takes; `nil` for a signature of the wrong length.
    fileprivate func wireForm(of signature: [UInt8]) -> [UInt8]? {
        switch self {
        case .rsaPKCS1, .rsaPSS: return signature.count <= PublicKey.rsaBits.upperBound / 8 ? signature : nil
        case .ed25519: return signature.count == 64 ? signature : nil
        case .ecdsaP256:
            guard signature.count == 64 else { return nil }
            return DER.sequence(DER.integer(signature[..<32]) + DER.integer(signature[32...]))
        }
    }
}

/// The few forms of ASN.1's distinguished encoding (X.690) that keys and signatures need.
enum DER {
    static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }

    /// No bits are left over.
    static func bitString(_ content: [UInt8]) -> [UInt8] { element(0x03, [0] + content) }

    /// A number that is not negative, big-endian, with or without zeros before it.
    static func integer(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        // A first bit of 1 would make it negative; nothing at all is no number.
        return element(0x02, (digits.first ?? 0x80) & 0x80 != 0 ? [0] + digits : digits)
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        if content.count < 0x80 { return [tag, UInt8(content.count)] + content }
        let length = withUnsafeBytes(of: UInt32(content.count).bigEndian) { Array($0.drop { $0 == 0 }) }
        return [tag, 0x80 | UInt8(length.count)] + length + content
    }
}
