import CCrypto
import Tokens

/// A private key, made by OpenSSL, with which tests sign tokens.
package final class SigningKey: @unchecked Sendable {
    // Unchecked: the key is never changed after it is made.
    package enum Kind: Sendable {
        case rsa(Int)
        case p256
        case ed25519
    }
    package let id: String
    package let kind: Kind
    private let handle: OpaquePointer

    package init(_ kind: Kind, id: String) {
        let type =
            switch kind {
            case .rsa: EVP_PKEY_RSA
            case .p256: EVP_PKEY_EC
            case .ed25519: EVP_PKEY_ED25519
            }
        let context = EVP_PKEY_CTX_new_id(type, nil)
        defer { EVP_PKEY_CTX_free(context) }
        precondition(EVP_PKEY_keygen_init(context) == 1)
        switch kind {
        case .rsa(let bits): precondition(EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1)
        case .p256:
            precondition(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1)
        case .ed25519: break
        }
        var key: OpaquePointer?
        precondition(EVP_PKEY_keygen(context, &key) == 1)
        guard let key else { preconditionFailure("OpenSSL has made no key") }
        (self.kind, self.id, handle) = (kind, id, key)
    }

    deinit { EVP_PKEY_free(handle) }

    /// The members of the public key as a JSON Web Key, by name.
    package var jwk: [(String, String)] {
        switch kind {
        case .rsa: [("kty", "RSA"), ("n", number("n")), ("e", number("e"))]
        case .p256: [("kty", "EC"), ("crv", "P-256"), ("x", number("qx", bytes: 32)), ("y", number("qy", bytes: 32))]
        case .ed25519: [("kty", "OKP"), ("crv", "Ed25519"), ("x", Base64URL.encode(rawPublicKey))]
        }
    }

    /// The key as JSON, with its `kid` and further members.
    package func jwkText(_ more: [(String, String)] = []) -> String {
        let members = ([("kid", id)] + more + jwk).map { "\"\($0.0)\":\"\($0.1)\"" }
        return "{\(members.joined(separator: ","))}"
    }

    /// Signs with SHA-256, or as Ed25519 does by itself; of ECDSA, r and s.
    package func sign(_ message: [UInt8], pss: Bool = false) -> [UInt8] {
        guard case .p256 = kind else { return rawSignature(message, pss: pss) }
        let signature = rawSignature(message, pss: false)
        let length = Int(signature[3])
        let r = signature[4..<4 + length]
        return Self.padded(r) + Self.padded(signature[(6 + length)...])
    }

    /// Of ECDSA, the form that X.509 has.
    package func rawSignature(_ message: [UInt8], pss: Bool) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        let digest = if case .ed25519 = kind { nil as OpaquePointer? } else { EVP_sha256() }
        precondition(EVP_DigestSignInit(context, &parameters, digest, nil, handle) == 1)
        if pss {
            precondition(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1)
            precondition(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) == 1)
        }
        var length = 1024
        var signature = [UInt8](repeating: 0, count: length)
        precondition(EVP_DigestSign(context, &signature, &length, message, message.count) == 1)
        return Array(signature[..<length])
    }

    private static func padded(_ number: ArraySlice<UInt8>) -> [UInt8] {
        let digits = number.drop { $0 == 0 }
        return [UInt8](repeating: 0, count: 32 - digits.count) + digits
    }

    private func number(_ name: String, bytes: Int? = nil) -> String {
        var number: OpaquePointer?
        precondition(EVP_PKEY_get_bn_param(handle, name, &number) == 1)
        defer { BN_free(number) }
        let length = bytes ?? Int(BN_num_bits(number) + 7) / 8
        var digits = [UInt8](repeating: 0, count: length)
        precondition(BN_bn2binpad(number, &digits, Int32(length)) == Int32(length))
        return Base64URL.encode(digits)
    }

    private var rawPublicKey: [UInt8] {
        var (bytes, length) = ([UInt8](repeating: 0, count: 32), 32)
        precondition(EVP_PKEY_get_raw_public_key(handle, &bytes, &length) == 1)
        return bytes
    }
}
