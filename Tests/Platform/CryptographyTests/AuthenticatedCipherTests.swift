import Cryptography
import Kernel
import Testing

@Suite struct AuthenticatedCipherTests {
    private static func bytes(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Test case 16 of the submission of GCM to NIST.
    @Test func a_sealed_message_is_that_of_the_specification() {
        let cipher = AuthenticatedCipher(
            key: Self.bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
        let message = Self.bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
                + "b16aedf5aa0de657ba637b39")
        let context = Self.bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let nonce = Self.bytes("cafebabefacedbaddecaf888")
        let sealed = cipher.seal(message, nonce: nonce, authenticating: context)
        #expect(
            hexadecimal(sealed)
                == "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                + "c5f61e6393ba7a0abcc9f662" + "76fc6ece0f4e1768cddf8853bb2d551b")
        #expect(cipher.open(sealed, nonce: nonce, authenticating: context) == message)
    }

    @Test func a_changed_bit_anywhere_opens_nothing() {
        let cipher = AuthenticatedCipher(key: [UInt8](repeating: 1, count: 32))
        let (nonce, context) = ([UInt8](repeating: 2, count: 12), Array("context".utf8))
        for message in [[], [9], Array("a message".utf8)] {
            let sealed = cipher.seal(message, nonce: nonce, authenticating: context)
            #expect(cipher.open(sealed, nonce: nonce, authenticating: context) == message)
            for index in sealed.indices {
                var changed = sealed
                changed[index] ^= 1
                #expect(cipher.open(changed, nonce: nonce, authenticating: context) == nil)
            }
            #expect(cipher.open(Array(sealed.dropLast()), nonce: nonce, authenticating: context) == nil)
            #expect(cipher.open(sealed, nonce: [UInt8](repeating: 3, count: 12), authenticating: context) == nil)
            #expect(cipher.open(sealed, nonce: nonce, authenticating: []) == nil)
            let other = AuthenticatedCipher(key: [UInt8](repeating: 4, count: 32))
            #expect(other.open(sealed, nonce: nonce, authenticating: context) == nil)
        }
    }

    /// RFC 5869, appendix A.1 and A.3.
    @Test(arguments: [
        (
            "000102030405060708090a0b0c", [UInt8](0xf0...0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        ("", [], "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ]) func hkdf_is_that_of_the_specification(salt: String, info: [UInt8], key: String) {
        let secret = [UInt8](repeating: 0x0b, count: 22)
        let derived = KeyDerivation.hkdf(secret, salt: Self.bytes(salt), info: info, length: 42)
        #expect(hexadecimal(derived) == key)
    }

    /// RFC 7914, section 12; the first 32 bytes, since scrypt ends with PBKDF2, whose blocks follow each other.
    @Test func scrypt_is_that_of_the_specification_and_refuses_an_impossible_cost() {
        let (words, salt) = (Array("password".utf8), Array("NaCl".utf8))
        let key = KeyDerivation.scrypt(words, salt: salt, cost: 1024, blockSize: 8, parallelism: 16)
        #expect(key.map { hexadecimal($0) } == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
        #expect(KeyDerivation.scrypt(words, salt: salt, cost: 1000, blockSize: 8, parallelism: 1) == nil)
    }

    @Test func a_digest_of_pieces_is_that_of_the_whole() {
        let digest = RunningDigest()
        for piece in ["a", "", "bc"] { digest.add(Array(piece.utf8)) }
        #expect(digest.finish() == Digest.sha256(Array("abc".utf8)))
    }
}
