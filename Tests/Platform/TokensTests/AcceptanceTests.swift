import Kernel
import PlatformTestSupport
import Testing
import TokenTestSupport

@testable import Tokens

/// Tokens that are accepted: by every algorithm, by the examples of the standards, and at the edges of time.
@Suite struct AcceptanceTests {
    @Test func every_algorithm_has_its_key() async throws {
        try await VerifierFixture.run { fixture in
            let claims = fixture.claims()
            let tokens = [
                TokenText.signed(#"{"alg":"RS256","kid":"rsa-1","typ":"JWT"}"#, claims, TestKeys.rsa),
                TokenText.signed(#"{"alg":"PS256","kid":"pss-1","typ":"at+jwt"}"#, claims, TestKeys.pss, pss: true),
                TokenText.signed(#"{"alg":"PS256","kid":"rsa-1"}"#, claims, TestKeys.rsa, pss: true),
                TokenText.signed(#"{"alg":"ES256","kid":"ec-1","typ":"application/at+JWT"}"#, claims, TestKeys.p256),
                TokenText.signed(#"{"alg":"EdDSA","kid":"ed-1","x5t":"AAAA"}"#, claims, TestKeys.ed25519),
                TokenText.signed(#"{"alg":"Ed25519","kid":"ed-1"}"#, claims, TestKeys.ed25519),
                TokenText.signed(
                    #"{"alg":"HS256"}"#, fixture.claims(["iss": "\"till\""]), secret: TestKeys.secret),
            ]
            for token in tokens {
                let caller = try await fixture.verifier.verify(token)
                #expect(caller.subject == "ann" && caller.roles == ["operator", "seller"])
            }
        }
    }

    @Test(
        arguments: [
            (["aud": #"["bank","shop"]"#], #"{"alg":"RS256","kid":"rsa-1"}"#),
            (["aud": "\"till\""], #"{"alg":"RS256","kid":"rsa-1"}"#),
            ([:], #"{"alg":"RS256"}"#), (["nbf": "0"], #"{ "kid" : "rsa-1" , "alg" : "RS256" }"#),
            (["iat": "0.5"], #"{"\u0061lg":"RS256"}"#),
        ] as [([String: String?], String)])
    func other_forms_are_accepted(changes: [String: String?], header: String) async throws {
        try await VerifierFixture.run { #expect(await $0.outcome($0.token(header, changes)) == "accepted") }
    }

    @Test func the_skew_counts_to_the_millisecond() async throws {
        try await VerifierFixture.run { fixture in
            let now = fixture.now.milliseconds / 1000
            func outcome(_ name: String, _ seconds: String) async -> String {
                await fixture.outcome(fixture.token(#"{"alg":"RS256"}"#, [name: seconds]))
            }
            #expect(await outcome("exp", "\(now - 30)") == "expired")
            #expect(await outcome("exp", "\(now - 30).001") == "accepted")
            #expect(await outcome("exp", "\(now - 29)") == "accepted")
            #expect(await outcome("nbf", "\(now + 30)") == "accepted")
            #expect(await outcome("nbf", "\(now + 30).001") == "early")
            #expect(await outcome("exp", "\(Double(now) + 0.5)") == "accepted")
        }
    }

    @Test func a_token_that_was_seen_ends_with_its_time() async throws {
        try await LoopKind.simulated.run { loop in
            let fixture = try VerifierFixture(on: loop, skew: .seconds(1))
            let token = fixture.token(#"{"alg":"RS256"}"#, ["exp": "\(fixture.now.milliseconds / 1000 + 10)"])
            #expect(await fixture.outcome(token) == "accepted")
            try await loop.sleep(for: .milliseconds(10_999))
            #expect(await fixture.outcome(token) == "accepted")
            try await loop.sleep(for: .milliseconds(1))
            #expect(await fixture.outcome(token) == "expired")
        }
    }

    @Test(arguments: [
        ("roles", #"{"roles":["a","b"]}"#, ["a", "b"]), ("scope", #"{"scope":"read write"}"#, ["read", "write"]),
        ("realm_access.roles", #"{"realm_access":{"roles":["x"]}}"#, ["x"]),
        ("https://shop.example/roles", #"{"https://shop.example/roles":["o"]}"#, ["o"]),
        ("a.b", #"{"a.b":["whole"],"a":{"b":["inner"]}}"#, ["whole"]), ("roles", "{}", []),
        ("roles", #"{"roles":7}"#, []), ("roles", #"{"roles":{"operator":true}}"#, []),
        ("roles", #"{"roles":["a,operator","b c","\u00e9","","ok",7,"\u0000"]}"#, ["ok"]),
        ("roles.x", #"{"roles":["a"]}"#, []),
    ])
    func roles_are_read_from_the_claim_that_holds_them(claim: String, json: String, roles: [String]) throws {
        let usual = #"{"iss":"i","sub":"s","aud":"a","exp":1"#
        let text = json == "{}" ? usual + "}" : usual + "," + json.dropFirst()
        #expect(try TokenClaims(Array(text.utf8)).roles(in: claim) == roles)
    }

    // MARK: Examples of the standards

    private static let joe =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private static let examples: [(name: String, token: String, key: String)] = [
        (
            "RFC 7515 A.2",
            "eyJhbGciOiJSUzI1NiJ9.\(joe)."
                + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9"
                + "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB"
                + "_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
                + "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
            #"{"kty":"RSA","n":""#
                + "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
                + "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB"
                + "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
                + #"GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#
        ),
        (
            "RFC 7515 A.3",
            "eyJhbGciOiJFUzI1NiJ9.\(joe)."
                + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
            #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#
                + #""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
        ),
        (
            "RFC 8037 A.4",
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        ),
    ]

    @Test(arguments: examples) func an_example_of_a_standard_is_verified(
        name: String, token: String, key: String
    ) throws {
        let keys = try KeySet(json: Array("{\"keys\":[\(key)]}".utf8))
        try CompactToken(token).verify(with: keys)
        var other = token
        other.replaceSubrange(other.startIndex...other.index(other.startIndex, offsetBy: 2), with: "eyK")
        #expect(throws: TokenFault.self, "\(name)") { try CompactToken(other).verify(with: keys) }
    }

    /// RFC 7519 §3.1, whose key is that of RFC 7515 A.1.
    @Test func the_example_of_a_keyed_hash_is_verified() throws {
        let secret = Base64URL.decode(
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow".utf8)
        let keys = KeySet([VerificationKey(secret: try #require(secret))!])
        let token = try CompactToken(
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(Self.joe).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        try token.verify(with: keys)
        // It has neither subject nor audience: to this gateway it is no access token.
        #expect(throws: TokenFault.self) { try TokenClaims(token.payload) }
    }

    @Test(
        arguments: [
            ("", []), ("AA", [0]), ("_-8", [0xFF, 0xEF]), ("AAAA", [0, 0, 0]), ("Zm9vYg", Array("foob".utf8)),
        ] as [(String, [UInt8])])
    func base64url_is_read_and_written(text: String, bytes: [UInt8]) {
        #expect(Base64URL.decode(text.utf8) == bytes)
        #expect(Base64URL.encode(bytes) == text)
    }

    @Test(arguments: ["A", "AB", "AA=", "AA==", "+w", "/w", "A A", "AAA\n", "AAAAA", "ÄA", "A\0"])
    func another_base64_is_refused(text: String) { #expect(Base64URL.decode(text.utf8) == nil) }
}
