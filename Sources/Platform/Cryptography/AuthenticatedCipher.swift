import CCrypto

/// AES-256-GCM (NIST SP 800-38D), computed by OpenSSL: hides a message, and shows whether it was changed.
public struct AuthenticatedCipher: Sendable {
    /// Bytes of the tag at the end of a sealed message.
    public static let overhead = 16
    public static let keyLength = 32
    public static let nonceLength = 12

    private let key: [UInt8]

    /// `key` has 32 bytes.
    public init(key: [UInt8]) {
        precondition(key.count == Self.keyLength, "the key of AES-256 has 32 bytes")
        self.key = key
    }

    /// Returns the message encrypted, with the tag behind it. A nonce must be used once only with one key.
    public func seal(_ message: [UInt8], nonce: [UInt8], authenticating context: [UInt8]) -> [UInt8] {
        precondition(nonce.count == Self.nonceLength, "the nonce of AES-GCM has 12 bytes")
        let state = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(state) }
        var sealed = [UInt8](repeating: 0, count: message.count + Self.overhead)
        var (count, rest) = (CInt(0), CInt(0))
        let isDone =
            EVP_EncryptInit_ex(state, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_EncryptUpdate(state, nil, &count, context, CInt(context.count)) == 1
            && EVP_EncryptUpdate(state, &sealed, &count, message, CInt(message.count)) == 1
            && sealed.withUnsafeMutableBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return false }
                return EVP_EncryptFinal_ex(state, base + Int(count), &rest) == 1
                    && EVP_CIPHER_CTX_ctrl(
                        state, EVP_CTRL_AEAD_GET_TAG, CInt(Self.overhead), base + message.count) == 1
            }
        precondition(isDone && Int(count + rest) == message.count, "OpenSSL's encryption failed")
        return sealed
    }

    /// Returns the message; `nil` if the key, the nonce or the context is another one, or a bit was changed.
    public func open(_ sealed: [UInt8], nonce: [UInt8], authenticating context: [UInt8]) -> [UInt8]? {
        guard nonce.count == Self.nonceLength, sealed.count >= Self.overhead else { return nil }
        let state = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(state) }
        let length = sealed.count - Self.overhead
        var tag = Array(sealed[length...])
        var message = [UInt8](repeating: 0, count: length + 1)
        var (count, rest) = (CInt(0), CInt(0))
        let isWhole =
            EVP_DecryptInit_ex(state, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_DecryptUpdate(state, nil, &count, context, CInt(context.count)) == 1
            && EVP_DecryptUpdate(state, &message, &count, sealed, CInt(length)) == 1
            && EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, CInt(Self.overhead), &tag) == 1
            && message.withUnsafeMutableBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return false }
                return EVP_DecryptFinal_ex(state, base + Int(count), &rest) == 1
            }
        guard isWhole, Int(count + rest) == length else { return nil }
        message.removeLast()
        return message
    }
}

/// Keys from other secrets, computed by OpenSSL.
public enum KeyDerivation {
    /// HKDF with SHA-256 (RFC 5869): a key for one purpose from one that has full entropy.
    public static func hkdf(_ secret: [UInt8], salt: [UInt8], info: [UInt8], length: Int = 32) -> [UInt8] {
        let algorithm = EVP_KDF_fetch(nil, "HKDF", nil)
        let state = EVP_KDF_CTX_new(algorithm)
        defer {
            EVP_KDF_CTX_free(state)
            EVP_KDF_free(algorithm)
        }
        var (digest, secret, salt, info) = (Array("SHA256".utf8CString), secret, salt, info)
        var key = [UInt8](repeating: 0, count: length)
        let result = digest.withUnsafeMutableBufferPointer { digest in
            secret.withUnsafeMutableBytes { secret in
                salt.withUnsafeMutableBytes { salt in
                    info.withUnsafeMutableBytes { info in
                        // An empty value is the default, and OpenSSL takes no pointer to nothing.
                        let parameters =
                            [OSSL_PARAM_construct_utf8_string(name("digest"), digest.baseAddress, 0)]
                            + [(name("key"), secret), (name("salt"), salt), (name("info"), info)]
                            .filter { $0.1.count > 0 }
                            .map { OSSL_PARAM_construct_octet_string($0.0, $0.1.baseAddress, $0.1.count) }
                            + [OSSL_PARAM_construct_end()]
                        return EVP_KDF_derive(state, &key, length, parameters)
                    }
                }
            }
        }
        precondition(result == 1, "OpenSSL's key derivation failed")
        return key
    }

    /// The name of a parameter. OpenSSL keeps the pointer: that of a `String` would end with the call.
    private static func name(_ text: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// scrypt (RFC 7914): a key from a passphrase, at a cost that makes guessing slow. `nil` if OpenSSL refuses the cost.
    public static func scrypt(
        _ passphrase: [UInt8], salt: [UInt8], cost: UInt64, blockSize: UInt64, parallelism: UInt64
    ) -> [UInt8]? {
        let words = passphrase.map { CChar(bitPattern: $0) }
        var key = [UInt8](repeating: 0, count: 32)
        let memory = 128 * cost * blockSize + (1 << 20)
        let result = EVP_PBE_scrypt(
            words, words.count, salt, salt.count, cost, blockSize, parallelism, memory, &key, key.count)
        return result == 1 ? key : nil
    }
}
