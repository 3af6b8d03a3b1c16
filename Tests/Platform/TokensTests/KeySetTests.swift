import Testing
import TokenTestSupport

@testable import Tokens

@Suite struct KeySetTests {
    private static func omissions(_ keys: String...) -> [String] {
        let set = try? KeySet(
            json: Array("{\"keys\":[\(TestKeys.ed25519.jwkText()),\(keys.joined(separator: ","))]}".utf8))
        return set?.keys.count == 1 ? set?.omissions ?? [] : ["the set itself"]
    }

    @Test(arguments: [
        ("\"key\"", "is no object"), (#"{"kty":"oct","k":"AAAA"}"#, "is a secret"), ("{}", "is of another kind"),
        (#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, "is of another kind"),
        (#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#, "is of another kind"),
        (#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, "is of another kind"), (#"{"kty":1}"#, "has a kty that is no text"),
        (#"{"kty":"RSA","e":"AQAB"}"#, "has no n in base64url"),
        (#"{"kty":"RSA","n":"AQ==","e":"AQAB"}"#, "has no n in base64url"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, "is no valid public key"),
        (
            #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#
                + #""y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}"#, "is no valid public key"
        ),
        (
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AA"}"#,
            "is private"
        ),
    ])
    func a_key_that_cannot_be_used_is_left_out(key: String, reason: String) {
        let found = Self.omissions(key)
        #expect(found.count == 1 && found[0].hasPrefix("key 2 \(reason)"), "\(found)")
    }

    @Test(arguments: [
        (#""use":"enc""#, "is not for signatures"), (#""key_ops":["sign"]"#, "is not for verifying"),
        (#""key_ops":"verify""#, "is not for verifying"), (#""alg":"RS256""#, "is for an algorithm"),
        (#""alg":"none""#, "is for an algorithm"), (#""alg":"ES384""#, "is for an algorithm"),
        (#""kid":7"#, "has a kid that is no text"),
    ])
    func a_key_for_something_else_is_left_out(member: String, reason: String) {
        let key =
            "{\(member)," + SigningKey(.p256, id: "k").jwk.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
            + "}"
        let found = Self.omissions(key)
        #expect(found.count == 1 && found[0].hasPrefix("key 2 \(reason)"), "\(found)")
    }

    @Test func weak_keys_of_rsa_are_left_out() {
        #expect(Self.omissions(SigningKey(.rsa(1024), id: "small").jwkText()).count == 1)
        for exponent in ["AQ", "Aw", "AQAA", "AQABAAAAAAAAAAAB"] {
            let key = TestKeys.rsa.jwkText().replacing("\"e\":\"AQAB\"", with: "\"e\":\"\(exponent)\"")
            #expect(Self.omissions(key).count == 1, "\(exponent)")
        }
        let modulus = TestKeys.rsa.jwk[1].1
        let even = Base64URL.encode((Base64URL.decode(modulus.utf8) ?? []).dropLast() + [0])
        #expect(Self.omissions(TestKeys.rsa.jwkText().replacing(modulus, with: even)).count == 1)
    }

    @Test(arguments: [
        ("", "is no JSON"), ("[]", "has no list `keys`"), (#"{"keys":{}}"#, "has no list `keys`"),
        (#"{"keys":[]}"#, "has no key that can be used"), (#"{"keys":[],"keys":[]}"#, "is no JSON"),
        (#"{"keys":[{"kty":"oct"}]}"#, "has no key that can be used: key 1 is a secret"),
        (#"{"keys":[\#(String(repeating: "1,", count: 64))1]}"#, "has more than 64 keys"),
        (#"{"keys":[[[[[[[[[[]]]]]]]]]]}"#, "is no JSON"),
        (String(repeating: " ", count: TokenLimits.keySetBytes + 1), "has more than 256 KiB"),
    ])
    func a_set_that_cannot_be_used_is_an_error(json: String, reason: String) {
        let fault = #expect(throws: KeySetFault.self) { try KeySet(json: Array(json.utf8)) }
        #expect(fault?.description.hasPrefix(reason) == true, "\(String(describing: fault))")
    }

    @Test func sets_are_the_same_if_their_keys_are() throws {
        let one = try KeySet(json: Array(TestKeys.set.utf8))
        let spaced = try KeySet(json: Array(TestKeys.set.replacing(",", with: " , ").utf8))
        let fewer = try KeySet(json: Array("{\"keys\":[\(TestKeys.rsa.jwkText())]}".utf8))
        #expect(one.isSame(as: spaced) && !one.isSame(as: fewer))
        let renamed = try KeySet(
            json: Array("{\"keys\":[\(TestKeys.rsa.jwkText().replacing("rsa-1", with: "rsa-2"))]}".utf8))
        #expect(!renamed.isSame(as: fewer))
    }

    @Test func a_short_secret_is_none() {
        #expect(VerificationKey(secret: [UInt8](repeating: 7, count: 31)) == nil)
        #expect(VerificationKey(secret: [UInt8](repeating: 7, count: 32)) != nil)
    }

    @Test func a_token_without_a_name_is_tried_with_few_keys() throws {
        let keys = (0..<9).map { SigningKey(.ed25519, id: "k\($0)") }
        let set = try KeySet(json: Array("{\"keys\":[\(keys.map { $0.jwkText() }.joined(separator: ","))]}".utf8))
        #expect(set.candidates(kid: nil, algorithm: .edDSA).count == TokenLimits.candidates)
        #expect(set.candidates(kid: "k8", algorithm: .edDSA).map(\.id) == ["k8"])
        #expect(set.candidates(kid: "k8", algorithm: .rs256).isEmpty)
    }

    @Test func a_discovery_document_leads_to_the_keys_of_its_own_issuer() throws {
        #expect(
            IssuerMetadata.address(of: "https://id.example/") == "https://id.example/.well-known/openid-configuration")
        func keys(_ json: String, _ issuer: String = "https://id.example") throws -> String {
            try IssuerMetadata(json: Array(json.utf8), of: issuer).keys
        }
        let good = #"{"issuer":"https://id.example","jwks_uri":"https://id.example/keys"}"#
        #expect(try keys(good) == "https://id.example/keys")
        #expect(throws: KeySetFault.self) { try keys(good, "https://id.example/") }
        #expect(throws: KeySetFault.self) {
            try keys(good.replacing("https://id.example/k", with: "http://id.example/k"))
        }
        #expect(throws: KeySetFault.self) { try keys(good.replacing("https://id.example/k", with: "file:///k")) }
        #expect(throws: KeySetFault.self) { try keys(#"{"issuer":"https://id.example"}"#) }
        #expect(throws: KeySetFault.self) { try keys("{") }
    }
}
