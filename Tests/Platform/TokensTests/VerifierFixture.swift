import Kernel
import PlatformTestSupport
import TokenTestSupport

@testable import Tokens

/// A verifier that trusts an issuer with four public keys and one with a secret.
struct VerifierFixture: Sendable {
    let verifier: TokenVerifier
    let now: Timestamp

    init(on loop: any Loop, skew: Duration = .seconds(30)) throws {
        now = loop.now
        let keys = try KeySet(json: Array(TestKeys.set.utf8))
        verifier = TokenVerifier(
            [
                TrustedIssuer(
                    "https://id.example", audiences: ["shop", "till"],
                    algorithms: [.rs256, .ps256, .es256, .edDSA], keys: .fixed(keys)),
                TrustedIssuer(
                    "till", audiences: ["shop"], algorithms: [.hs256],
                    keys: .fixed(KeySet([VerificationKey(secret: TestKeys.secret)!]))),
            ], rolesClaim: "roles", skew: skew, loop: loop)
    }

    func claims(_ changes: [String: String?] = [:]) -> String { TokenText.claims(changes, at: now) }

    /// Signed by the RSA key, with this header and these claims.
    func token(_ header: String = #"{"alg":"RS256","kid":"rsa-1"}"#, _ changes: [String: String?] = [:]) -> String {
        TokenText.signed(header, claims(changes), TestKeys.rsa)
    }

    /// The outcome as one word: `accepted`, or the code of the fault.
    func outcome(_ token: String) async -> String {
        do {
            _ = try await verifier.verify(token)
            return "accepted"
        } catch {
            return error.code.rawValue
        }
    }

    static func run(
        skew: Duration = .seconds(30), _ body: @escaping @Sendable (VerifierFixture) async throws -> Void
    ) async throws {
        try await LoopKind.simulated.run { loop in try await body(VerifierFixture(on: loop, skew: skew)) }
    }
}
