import Kernel
import Testing
import TokenTestSupport

@testable import Tokens

/// Tokens that must not be accepted, and why each is not.
@Suite struct AttackTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let code: String
        let token: @Sendable (VerifierFixture) -> String
        var testDescription: String { name }

        init(_ name: String, _ code: TokenFault.Code, _ token: @escaping @Sendable (VerifierFixture) -> String) {
            (self.name, self.code, self.token) = (name, code.rawValue, token)
        }
    }

    private static let rsHeader = #"{"alg":"RS256","kid":"rsa-1"}"#

    private static func header(_ more: String) -> String { #"{"alg":"RS256","kid":"rsa-1",\#(more)}"# }

    /// A good token with other text in the place of one of its parts.
    private static func parts(_ token: String, _ change: (inout [String]) -> Void) -> String {
        var parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        change(&parts)
        return parts.joined(separator: ".")
    }

    private static let algorithms: [Attack] =
        [
            "none", "None", "NONE", "nOnE", "", "RS384", "HS512", "ES512", "rs256", "RS256 ", "RSA-OAEP", "ES256K",
            "Ed448", "ed25519",
        ].map {
            name in
            Attack("algorithm \(name)", .unsupported) {
                TokenText.signed("{\"alg\":\"\(name)\",\"kid\":\"rsa-1\"}", $0.claims(), TestKeys.rsa)
            }
        } + [
            Attack("none without a signature", .unsupported) { TokenText.joined(#"{"alg":"none"}"#, $0.claims(), []) },
            Attack("RS256 without a signature", .unsupported) { TokenText.joined(rsHeader, $0.claims(), []) },
            Attack("no algorithm", .malformed) { $0.token(#"{"kid":"rsa-1"}"#) },
            Attack("an algorithm that is a number", .malformed) { $0.token(#"{"alg":256}"#) },
            Attack("an algorithm that is a list", .malformed) { $0.token(#"{"alg":["RS256"]}"#) },
            Attack("the modulus as a secret", .unsupported) { fixture in
                let modulus = Base64URL.decode(TestKeys.rsa.jwk[1].1.utf8) ?? []
                return TokenText.signed(#"{"alg":"HS256","kid":"rsa-1"}"#, fixture.claims(), secret: modulus)
            },
            Attack("the text of the key as a secret", .unsupported) {
                TokenText.signed(
                    #"{"alg":"HS256","kid":"rsa-1"}"#, $0.claims(), secret: Array(TestKeys.rsa.jwkText().utf8))
            },
            Attack("an empty secret", .unsupported) {
                TokenText.signed(#"{"alg":"HS256"}"#, $0.claims(), secret: [])
            },
            Attack("the other issuer's secret", .unsupported) {
                TokenText.signed(#"{"alg":"HS256"}"#, $0.claims(), secret: TestKeys.secret)
            },
            Attack("a public key for the issuer with a secret", .unsupported) {
                $0.token(rsHeader, ["iss": "\"till\""])
            },
            Attack("a wrong secret", .signature) {
                TokenText.signed(
                    #"{"alg":"HS256"}"#, $0.claims(["iss": "\"till\""]), secret: TestKeys.secret + [1])
            },
            Attack("a key for PS256 with RS256", .unknownKey) {
                TokenText.signed(#"{"alg":"RS256","kid":"pss-1"}"#, $0.claims(), TestKeys.pss)
            },
            Attack("PS256 by a signature of RS256", .signature) { $0.token(#"{"alg":"PS256","kid":"rsa-1"}"#) },
            Attack("RS256 by the key of ES256", .unknownKey) {
                TokenText.signed(#"{"alg":"RS256","kid":"ec-1"}"#, $0.claims(), TestKeys.p256)
            },
            Attack("ES256 by the key of EdDSA", .unknownKey) {
                TokenText.signed(#"{"alg":"ES256","kid":"ed-1"}"#, $0.claims(), TestKeys.ed25519)
            },
        ]

    private static let headers: [Attack] = [
        Attack("a key in the header", .unsupported) {
            TokenText.signed(header("\"jwk\":\(TestKeys.foreignRSA.jwkText())"), $0.claims(), TestKeys.foreignRSA)
        },
        Attack("an address of keys", .unsupported) { $0.token(header(#""jku":"https://evil.example/keys""#)) },
        Attack("an address of certificates", .unsupported) { $0.token(header(#""x5u":"https://evil.example/c""#)) },
        Attack("certificates in the header", .unsupported) { $0.token(header(#""x5c":["MIIB"]"#)) },
        Attack("a critical parameter", .unsupported) { $0.token(header(#""crit":["exp"],"exp":1"#)) },
        Attack("no critical parameter", .unsupported) { $0.token(header(#""crit":[]"#)) },
        Attack("critical null", .unsupported) { $0.token(header(#""crit":null"#)) },
        Attack("a payload as it is", .unsupported) { $0.token(header(#""b64":false"#)) },
        Attack("compression", .unsupported) { $0.token(header(#""zip":"DEF""#)) },
        Attack("encryption", .unsupported) { $0.token(header(#""enc":"A256GCM""#)) },
        Attack("a token in a token", .unsupported) { $0.token(header(#""cty":"JWT""#)) },
        Attack("a logout token", .unsupported) { $0.token(header(#""typ":"logout+jwt""#)) },
        Attack("a type that is no text", .unsupported) { $0.token(header(#""typ":1"#)) },
        Attack("the algorithm twice", .malformed) { $0.token(#"{"alg":"none","kid":"rsa-1","alg":"RS256"}"#) },
        Attack("the algorithm twice, escaped", .malformed) { $0.token(#"{"alg":"RS256","al\u0067":"none"}"#) },
        Attack("a list for a header", .malformed) { $0.token(#"[{"alg":"RS256"}]"#) },
        Attack("a byte order mark", .malformed) { $0.token("\u{FEFF}\(rsHeader)") },
        Attack("something behind the header", .malformed) { $0.token("\(rsHeader) {}") },
        Attack("a comma at the end", .malformed) { $0.token(#"{"alg":"RS256",}"#) },
        Attack("a key that is not there", .unknownKey) { $0.token(#"{"alg":"RS256","kid":"rsa-2"}"#) },
        Attack("a path for a key", .unknownKey) { $0.token(#"{"alg":"RS256","kid":"../../../dev/null"}"#) },
        Attack("a query for a key", .unknownKey) { $0.token(#"{"alg":"RS256","kid":"x' UNION SELECT 'k"}"#) },
        Attack("a number for a key", .malformed) { $0.token(#"{"alg":"RS256","kid":1}"#) },
        Attack("a long name of a key", .malformed) {
            $0.token("{\"alg\":\"RS256\",\"kid\":\"\(String(repeating: "k", count: 257))\"}")
        },
    ]

    private static let forms: [Attack] = [
        Attack("nothing", .malformed) { _ in "" },
        Attack("two dots", .malformed) { _ in ".." },
        Attack("two parts", .malformed) { parts($0.token()) { $0.removeLast() } },
        Attack("four parts", .malformed) { $0.token() + "." },
        Attack("five parts, as encrypted ones have", .malformed) { $0.token() + ".AA.AA" },
        Attack("padding", .malformed) { parts($0.token()) { $0[2] += "==" } },
        Attack("a blank in it", .malformed) { parts($0.token()) { $0[1] = " " + $0[1] } },
        Attack("a line end", .malformed) { $0.token() + "\n" },
        Attack("the other alphabet", .malformed) { parts($0.token()) { $0[2] = "+/" + $0[2].dropFirst(2) } },
        Attack("bits that are left over", .malformed) { fixture in
            parts(TokenText.signed(#"{"alg":"EdDSA"}"#, fixture.claims(), TestKeys.ed25519)) { parts in
                // 64 bytes leave four bits over, which are zero in the one right text.
                let last = parts[2].removeLast()
                parts[2].append(last == "B" ? "C" : "B")
            }
        },
        Attack("not UTF-8", .malformed) {
            parts($0.token()) { $0[0] = Base64URL.encode([0x7B, 0x22, 0xFF, 0x22, 0x7D]) }
        },
        Attack("too long", .malformed) { $0.token(rsHeader, ["x": "\"\(String(repeating: "x", count: 8192))\""]) },
        Attack("too deep", .malformed) {
            $0.token(rsHeader, ["x": String(repeating: "[", count: 9) + String(repeating: "]", count: 9)])
        },
        Attack("too many values", .malformed) {
            $0.token(rsHeader, ["x": "[" + String(repeating: "1,", count: 600) + "1]"])
        },
        Attack("claims that are a text", .malformed) { _ in TokenText.signed(rsHeader, "\"claims\"", TestKeys.rsa) },
        Attack("something behind the claims", .malformed) {
            TokenText.signed(rsHeader, $0.claims() + "{}", TestKeys.rsa)
        },
        Attack("the issuer twice", .malformed) { fixture in
            TokenText.signed(
                rsHeader, #"{"iss":"evil","# + fixture.claims().dropFirst(), TestKeys.rsa)
        },
    ]

    private static let signatures: [Attack] = [
        Attack("a foreign key of the same name", .signature) {
            TokenText.signed(rsHeader, $0.claims(), TestKeys.foreignRSA)
        },
        Attack("a foreign key of Ed25519", .signature) {
            TokenText.signed(#"{"alg":"EdDSA","kid":"ed-1"}"#, $0.claims(), TestKeys.foreignEd25519)
        },
        Attack("other claims than were signed", .signature) { fixture in
            parts(fixture.token()) { $0[1] = TokenText.part(fixture.claims(["sub": "\"bob\""])) }
        },
        Attack("another header than was signed", .signature) { fixture in
            parts(fixture.token()) { $0[0] = TokenText.part(#"{"kid":"rsa-1","alg":"RS256"}"#) }
        },
        Attack("another token's signature", .signature) { fixture in
            parts(fixture.token()) { parts in
                parts[2] = String(fixture.token(rsHeader, ["sub": "\"bob\""]).split(separator: ".")[2])
            }
        },
        Attack("a signature that is cut", .signature) { signature(of: $0, by: TestKeys.rsa) { $0.removeLast() } },
        Attack("a signature with a zero more", .signature) { signature(of: $0, by: TestKeys.rsa) { $0.append(0) } },
        Attack("a signature of zeros, RSA", .signature) {
            signature(of: $0, by: TestKeys.rsa) { $0 = zeros($0.count) }
        },
        Attack("a signature as X.509 has it", .signature) { fixture in
            let (header, claims) = (#"{"alg":"ES256","kid":"ec-1"}"#, fixture.claims())
            let input = Array("\(TokenText.part(header)).\(TokenText.part(claims))".utf8)
            return TokenText.joined(header, claims, TestKeys.p256.rawSignature(input, pss: false))
        },
        Attack("r and s of zero", .signature) { signature(of: $0, by: TestKeys.p256) { $0 = zeros(64) } },
        Attack("r and s of the order", .signature) { signature(of: $0, by: TestKeys.p256) { $0 = order + order } },
        Attack("r and s of one", .signature) {
            signature(of: $0, by: TestKeys.p256) { $0 = zeros(31) + [1] + zeros(31) + [1] }
        },
        Attack("r and s of 33 bytes", .signature) {
            signature(of: $0, by: TestKeys.p256) { $0 = [0] + $0[..<32] + [0] + $0[32...] }
        },
        Attack("r without s", .signature) { signature(of: $0, by: TestKeys.p256) { $0 = Array($0[..<32]) } },
        Attack("an s that is larger than the order, Ed25519", .signature) {
            signature(of: $0, by: TestKeys.ed25519) { $0 = $0[..<32] + added($0[32...], orderOfEd25519) }
        },
        Attack("a signature of zeros, Ed25519", .signature) {
            signature(of: $0, by: TestKeys.ed25519) { $0 = zeros(64) }
        },
    ]

    private static let claims: [Attack] =
        [
            ("iss", nil), ("iss", "[\"https://id.example\"]"), ("iss", "null"), ("sub", nil), ("sub", "\"\""),
            ("sub", "7"),
            ("sub", "\"\(String(repeating: "s", count: 256))\""), ("aud", nil), ("aud", "7"), ("aud", "{\"shop\":1}"),
            ("aud", "[\"shop\",7]"), ("exp", nil), ("exp", "\"99999999999\""), ("exp", "null"), ("exp", "true"),
            ("exp", "1e400"), ("exp", "999999999999999"), ("exp", "9223372036854775808"), ("nbf", "\"0\""),
            ("nbf", "[]"), ("iat", "\"0\""), ("iat", "-1e30"),
        ].map { (name: String, value: String?) in
            Attack("\(name) is \(value?.prefix(30) ?? "missing")", .claims) { $0.token(rsHeader, [name: value]) }
        }
        + ["\"https://id.example/\"", "\"HTTPS://id.example\"", "\"evil\"", "\"\"", "\"https://id.example\\u0000\""]
        .map { (name: String) in Attack("the issuer \(name)", .issuer) { $0.token(rsHeader, ["iss": name]) } }
        + ["\"shop2\"", "\"Shop\"", "\"sho\"", "[]", "[\"bank\"]", "\"\"", "\"shop \"", "\"*\""]
        .map { (name: String) in Attack("the audience \(name)", .audience) { $0.token(rsHeader, ["aud": name]) } }
        + [
            Attack("expired", .expired) { $0.token(rsHeader, ["exp": "\($0.now.milliseconds / 1000 - 30)"]) },
            Attack("expired long ago", .expired) { $0.token(rsHeader, ["exp": "0"]) },
            Attack("expired before 1970", .expired) { $0.token(rsHeader, ["exp": "-1"]) },
            Attack("not yet", .early) { $0.token(rsHeader, ["nbf": "\($0.now.milliseconds / 1000 + 31)"]) },
            Attack("issued in the future", .early) {
                $0.token(rsHeader, ["iat": "\($0.now.milliseconds / 1000 + 3600)"])
            },
        ]

    static let attacks = algorithms + headers + forms + signatures + claims

    @Test(arguments: attacks) func an_attack_is_refused(_ attack: Attack) async throws {
        try await VerifierFixture.run { fixture in
            let token = attack.token(fixture)
            #expect(await fixture.outcome(token) == attack.code, "\(attack.name)")
            // Nor afterwards, as a token that was seen.
            #expect(await fixture.outcome(token) == attack.code, "\(attack.name)")
        }
    }

    @Test func there_are_many_and_each_has_a_name() {
        #expect(Self.attacks.count >= 100)
        #expect(Set(Self.attacks.map(\.name)).count == Self.attacks.count)
    }

    /// The tokens that the attacks begin with are good ones.
    @Test func the_same_tokens_unchanged_are_accepted() async throws {
        try await VerifierFixture.run { fixture in
            #expect(await fixture.outcome(fixture.token()) == "accepted")
            for key in [TestKeys.rsa, TestKeys.p256, TestKeys.ed25519] {
                #expect(await fixture.outcome(Self.signature(of: fixture, by: key) { _ in }) == "accepted")
            }
        }
    }

    @Test func a_fault_says_nothing_of_the_token() async throws {
        try await VerifierFixture.run { fixture in
            let token = fixture.token(Self.rsHeader, ["sub": "\"s3cret-subject\"", "iss": "\"s3cret-issuer\""])
            let fault = await #expect(throws: TokenFault.self) { try await fixture.verifier.verify(token) }
            #expect(fault.map { !"\($0)".contains("s3cret") && !token.contains("\($0)") } == true)
        }
    }

    // MARK: Signatures

    private static func signature(
        of fixture: VerifierFixture, by key: SigningKey, _ change: (inout [UInt8]) -> Void
    ) -> String {
        let algorithm = ["rsa-1": "RS256", "ec-1": "ES256", "ed-1": "EdDSA"][key.id] ?? ""
        let (header, claims) = ("{\"alg\":\"\(algorithm)\",\"kid\":\"\(key.id)\"}", fixture.claims())
        var signature = key.sign(Array("\(TokenText.part(header)).\(TokenText.part(claims))".utf8))
        change(&signature)
        return TokenText.joined(header, claims, signature)
    }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    /// The order of P-256 (FIPS 186-5), big-endian.
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD,
        0xA7,
        0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

    /// The order of Ed25519 (RFC 8032 §5.1), little-endian.
    private static let orderOfEd25519: [UInt8] = [
        0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0, 0, 0, 0, 0,
        0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ]

    private static func added(_ left: ArraySlice<UInt8>, _ right: [UInt8]) -> [UInt8] {
        var carry = 0
        return zip(left, right).map { left, right in
            let sum = Int(left) + Int(right) + carry
            carry = sum >> 8
            return UInt8(truncatingIfNeeded: sum)
        }
    }
}
