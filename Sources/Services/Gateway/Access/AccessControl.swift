import HTTP
import Kernel
import ServiceHost
import Telemetry
import Tokens

/// Finds out who sends a request, by the access token in its `Authorization` field (RFC 6750 §2.1). Tokens in queries and
/// bodies are not looked at (§2.3, §5.3), and no token is ever written to a log, an answer or a metric.
final class AccessControl: Sendable {
    private let verifier: TokenVerifier
    private let outcomes: MetricFamily<Counter>
    /// The keys that are loaded again while this is in force, by their place.
    let providers: [AccessSettings.KeyLocation: KeyProvider]

    private static let scheme = Array("bearer ".utf8)

    /// Takes the keys over from `before` that are loaded from the same place. Throws if a file of keys cannot be read.
    init(
        _ settings: AccessSettings, _ context: ServiceEnvironment,
        before: (settings: AccessSettings, access: AccessControl)? = nil
    ) throws {
        outcomes = context.metrics.counter(
            "sambal_gateway_tokens_total", help: "Access tokens that routes asked for, by outcome.", labels: ["outcome"]
        )
        var providers: [AccessSettings.KeyLocation: KeyProvider] = [:]
        let keepsPace =
            before?.settings.refresh == settings.refresh && before?.settings.minimumRefresh == settings.minimumRefresh
        var trusted: [TrustedIssuer] = []
        for issuer in settings.issuers {
            let keys: TrustedIssuer.Keys
            if case .secret(let secret) = issuer.keys {
                keys = .fixed(KeySet(VerificationKey(secret: secret).map { [$0] } ?? []))
            } else {
                // Issuers whose keys are in one place share them.
                let former = before?.access.providers[issuer.keys]
                let known = providers[issuer.keys] ?? (keepsPace ? former : nil)
                let provider =
                    try known ?? IssuerKeys.provider(issuer, settings, context, keys: former?.current.keys)
                providers[issuer.keys] = provider
                keys = .loaded(provider)
            }
            trusted.append(
                TrustedIssuer(issuer.name, audiences: issuer.audiences, algorithms: issuer.algorithms, keys: keys))
        }
        self.providers = providers
        verifier = TokenVerifier(
            trusted, rolesClaim: settings.rolesClaim, skew: settings.clockSkew, loop: context.loop)
    }

    /// Throws 401 with a challenge (RFC 6750 §3) for a request without a valid token, 400 for one with two `Authorization`
    /// fields, and 503 if the keys cannot be loaded that would tell.
    func caller(of request: Request) async throws -> VerifiedCaller {
        let fields = request.headers.all("Authorization")
        guard fields.count < 2 else {
            outcomes.labelled("malformed").increment()
            throw Self.refusal(400, "The request has two Authorization fields", error: "invalid_request")
        }
        guard let token = fields.first.flatMap(Self.token) else {
            outcomes.labelled("missing").increment()
            throw Self.refusal(401, "This needs an access token, in the header field Authorization: Bearer", error: nil)
        }
        do {
            let caller = try await verifier.verify(token)
            outcomes.labelled("accepted").increment()
            return caller
        } catch {
            outcomes.labelled(error.code.rawValue).increment()
            guard error.code != .keysUnavailable else { throw Problem.unavailable(error.message, dependency: "issuer") }
            throw Self.refusal(401, error.message, error: "invalid_token")
        }
    }

    /// Throws 403 unless the caller has one of the roles.
    func check(_ caller: VerifiedCaller, roles: [String]) throws(Problem) {
        guard !caller.roles.contains(where: { roles.contains($0) }) else { return }
        outcomes.labelled("role").increment()
        throw Self.refusal(
            403, "This needs the role \(roles.joined(separator: " or "))", error: "insufficient_scope")
    }

    /// The characters behind `Bearer `; `nil` for another scheme.
    private static func token(_ field: String) -> String? {
        let bytes = field.utf8
        guard bytes.count > scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { return nil }
        return String(Substring(bytes.dropFirst(scheme.count)))
    }

    private static func refusal(_ status: Int, _ detail: String, error: String?) -> Problem {
        var problem = Problem(status: status, detail: detail)
        problem.headers["WWW-Authenticate"] =
            error.map { "Bearer realm=\"sambal\", error=\"\($0)\", error_description=\"\(detail)\"" }
            ?? "Bearer realm=\"sambal\""
        return problem
    }
}

/// The fields by which the gateway tells an upstream who the caller is. From outside they are never believed.
enum IdentityFields {
    static let subject = "Sambal-Caller"
    static let issuer = "Sambal-Caller-Issuer"
    static let roles = "Sambal-Caller-Roles"

    private static let prefix = Array("sambal-caller".utf8)

    /// Whether a field's name is one of these, or will be. Any case of letters.
    static func contains(_ name: String) -> Bool {
        name.utf8.count >= prefix.count
            && zip(name.utf8, prefix).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && $1 != 0x2D }
    }

    static func removed(from headers: Headers) -> Headers {
        guard headers.fields.contains(where: { contains($0.name) }) else { return headers }
        var kept = Headers()
        for field in headers.fields where !contains(field.name) { kept.add(field.name, field.value) }
        return kept
    }

    static func set(_ caller: VerifiedCaller, in headers: inout Headers) {
        headers[subject] = encoded(caller.subject)
        headers[issuer] = encoded(caller.issuer)
        headers[roles] = caller.roles.isEmpty ? nil : caller.roles.joined(separator: ", ")
    }

    /// Percent-encoded, but for letters, digits and what is common in names: a subject cannot end the field.
    private static func encoded(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.append(byte)
            case _ where "-._~@:/|+".utf8.contains(byte): result.append(byte)
            default: result += Array(("%" + hexadecimal(byte).uppercased()).utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
