import Kernel
import PlatformTestSupport
import Testing
import TokenTestSupport

@testable import Tokens

@Suite struct ServiceTokenTests {
    private static let secret = "a secret of at least thirty-two bytes"
    private static let other = "another secret of thirty-two bytes!"
    private static let anna = ServiceToken.Caller(subject: "anna", issuer: "till", roles: ["customer"])

    private struct Fixture: Sendable {
        let loop: any Loop
        let mint: ServiceTokenMint
        let verifier: ServiceTokenVerifier
        var now: Int64 { loop.now.milliseconds / 1000 }

        init(_ loop: any Loop, signing: String = secret, accepting: (String, String?) = (secret, nil)) throws {
            self.loop = loop
            mint = ServiceTokenMint(of: "gateway", keys: try #require(ServiceKeys(signing)), loop: loop)
            verifier = ServiceTokenVerifier(
                for: "order", keys: try #require(ServiceKeys(accepting.0, other: accepting.1)), loop: loop)
        }

        /// The outcome as one word.
        func outcome(_ token: String) -> String {
            do {
                _ = try verifier.verify(token)
                return "accepted"
            } catch {
                return error.code.rawValue
            }
        }
    }

    private func run(_ body: @escaping @Sendable (any Loop) async throws -> Void) async throws {
        try await LoopKind.simulated.run { loop in try await body(loop) }
    }

    @Test func a_token_says_who_signed_it_and_for_which_caller() async throws {
        try await run { loop in
            let fixture = try Fixture(loop)
            for caller in [nil, Self.anna] {
                // Known the second time.
                for _ in 1...2 {
                    let token = try fixture.verifier.verify(fixture.mint.token(for: "order", caller: caller))
                    #expect(token.service == "gateway" && token.caller == caller)
                }
            }
        }
    }

    @Test func one_is_used_for_half_its_lifetime_and_for_one_purpose() async throws {
        try await run { loop in
            let mint = try Fixture(loop).mint
            let first = mint.token(for: "order", caller: Self.anna)
            #expect(mint.token(for: "order", caller: Self.anna) == first)
            #expect(mint.token(for: "order", caller: nil) != first)
            #expect(mint.token(for: "payment", caller: Self.anna) != first)
            let seller = ServiceToken.Caller(subject: "anna", issuer: "till", roles: ["seller"])
            #expect(mint.token(for: "order", caller: seller) != first)
            try await loop.sleep(for: .seconds(29))
            #expect(mint.token(for: "order", caller: Self.anna) == first)
            try await loop.sleep(for: .seconds(2))
            #expect(mint.token(for: "order", caller: Self.anna) != first)
        }
    }

    @Test func one_is_accepted_until_it_expires_also_if_it_is_known() async throws {
        try await run { loop in
            let fixture = try Fixture(loop)
            let token = fixture.mint.token(for: "order", caller: nil)
            #expect(fixture.outcome(token) == "accepted")
            try await loop.sleep(for: .seconds(88))
            #expect(fixture.outcome(token) == "accepted")
            try await loop.sleep(for: .seconds(3))
            #expect(fixture.outcome(token) == "expired")
            #expect(try Fixture(loop).outcome(token) == "expired")
        }
    }

    @Test func a_token_for_another_service_by_another_key_or_of_another_time_is_refused() async throws {
        try await run { loop in
            let fixture = try Fixture(loop)
            func signed(_ audience: String = "order", at time: Int64, issuer: String = "sambal-services") -> String {
                ServiceTokenText.signed(
                    ServiceTokenText.claims(for: audience, issued: time, issuer: issuer), secret: Self.secret)
            }
            let now = fixture.now
            #expect(fixture.outcome(signed(at: now)) == "accepted")
            #expect(fixture.outcome(signed(at: now + 29)) == "accepted")
            #expect(fixture.outcome(signed(at: now + 40)) == "early")
            #expect(fixture.outcome(signed(at: now - 100)) == "expired")
            #expect(fixture.outcome(signed("payment", at: now)) == "audience")
            #expect(fixture.outcome(signed("order ", at: now)) == "audience")
            #expect(fixture.outcome(signed(at: now, issuer: "https://id.example")) == "issuer")
            #expect(fixture.outcome(fixture.mint.token(for: "payment", caller: nil)) == "audience")
            #expect(try Fixture(loop, signing: Self.other).outcome(signed(at: now)) == "accepted")
            let foreign = try Fixture(loop, signing: Self.other).mint.token(for: "order", caller: nil)
            #expect(fixture.outcome(foreign) == "unknown_key")
        }
    }

    @Test func what_is_changed_or_signed_otherwise_is_refused() async throws {
        try await run { loop in
            let fixture = try Fixture(loop)
            let claims = ServiceTokenText.claims(for: "order", issued: fixture.now)
            let header = ServiceTokenText.header(Self.secret)
            let key = ServiceTokenText.key(Self.secret)
            let good = TokenText.signed(header, claims, secret: key)
            #expect(fixture.outcome(good) == "accepted")
            let parts = good.split(separator: ".").map(String.init)
            let operators = TokenText.part(
                ServiceTokenText.claims(
                    for: "order", issued: fixture.now, caller: #"{"sub":"a","iss":"i","roles":["operator"]}"#))
            #expect(fixture.outcome("\(parts[0]).\(operators).\(parts[2])") == "signature")
            #expect(fixture.outcome(TokenText.joined(header, claims, [])) == "signature")
            #expect(fixture.outcome(TokenText.joined(header, claims, [UInt8](repeating: 0, count: 32))) == "signature")
            // The secret itself signs nothing: another use of it opens nothing here.
            #expect(fixture.outcome(TokenText.signed(header, claims, secret: Array(Self.secret.utf8))) == "signature")
            for other in [
                #"{"alg":"none"}"#, #"{"alg":"HS256"}"#, #"{"typ":"JWT","alg":"HS256"}"#, header + " ",
                #"{"alg":"HS512","typ":"JWT"}"#,
            ] {
                #expect(fixture.outcome(TokenText.signed(other, claims, secret: key)) == "unknown_key", "\(other)")
            }
            #expect(fixture.outcome(TokenText.signed(header, "{}", secret: key)) == "claims")
            #expect(fixture.outcome(TokenText.signed(header, "[1]", secret: key)) == "claims")
            for text in ["", ".", "..", good + ".", good + "=", good + ".a", parts[0], "\(parts[0]).\(parts[1])"] {
                #expect(["malformed", "unknown_key"].contains(fixture.outcome(text)), "\(text)")
            }
            let caller = ServiceToken.Caller(
                subject: "a", issuer: "i", roles: [String(repeating: "r", count: ServiceToken.longest)])
            #expect(fixture.outcome(fixture.mint.token(for: "order", caller: caller)) == "malformed")
        }
    }

    @Test func a_key_is_exchanged_in_two_steps_and_the_former_one_opens_nothing() async throws {
        try await run { loop in
            let before = try Fixture(loop).mint.token(for: "order", caller: nil)
            let after = try Fixture(loop, signing: Self.other).mint.token(for: "order", caller: nil)
            for accepting in [(Self.secret, Self.other), (Self.other, Self.secret)] {
                let fixture = try Fixture(loop, accepting: accepting)
                #expect(fixture.outcome(before) == "accepted" && fixture.outcome(after) == "accepted")
            }
            let last = try Fixture(loop, accepting: (Self.other, nil))
            #expect(last.outcome(before) == "unknown_key" && last.outcome(after) == "accepted")
        }
    }

    @Test func a_short_secret_is_none() {
        #expect(ServiceKeys(String(repeating: "s", count: 31)) == nil)
        #expect(ServiceKeys(Self.secret, other: String(repeating: "s", count: 31)) == nil)
        #expect(ServiceKeys(String(repeating: "s", count: 32)) != nil)
    }

    @Test func values_are_bounded_and_those_that_are_used_stay() {
        var values = RecentValues<Int, Int>(capacity: 10)
        values[-1] = 1
        for number in 0..<1000 {
            values[number] = number
            #expect(values[-1] == 1 && values[number] == number && values.count <= 20)
        }
        values[-1] = nil
        #expect(values[-1] == nil && values[0] == nil)
    }
}
