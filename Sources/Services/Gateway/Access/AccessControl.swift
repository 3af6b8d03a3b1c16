import HTTP
import Kernel
import ServiceHost
import Telemetry
import Tokens

/// Finds out who sends a request: by the access token in its `Authorization` field (RFC 6750 §2.1), or by the API key in
/// `X-API-Key`. Neither is looked for in queries and bodies (§2.3, §5.3), nor ever written to a log, an answer or a metric.
final class AccessControl: Sendable {
    private let verifier: TokenVerifier
    private let loop: any Loop
    private let hasIssuers: Bool
    private let outcomes: MetricFamily<Counter>
    private let keyOutcomes: MetricFamily<Counter>
    /// The keys that are loaded again while this is in force, by their place.
    let providers: [AccessSettings.KeyLocation: KeyProvider]
    /// `nil` if no API keys are taken.
    let apiKeys: APIKeyStore?

    private static let scheme = Array("bearer ".utf8)

    /// Takes the keys over from `before` that are loaded from the same place. `reading` is the file of API keys, if it has been
    /// read already. Throws if a file of keys cannot be read.
    init(
        _ settings: AccessSettings, _ context: ServiceEnvironment,
        before: (settings: AccessSettings, access: AccessControl)? = nil, reading: APIKeyStore.Reading? = nil
    ) throws {
        outcomes = context.metrics.counter(
            "sambal_gateway_tokens_total", help: "Access tokens that routes asked for, by outcome.", labels: ["outcome"]
        )
        keyOutcomes = context.metrics.counter(
            "sambal_gateway_api_keys_total", help: "API keys that came where routes ask who asks, by outcome.",
            labels: ["outcome"])
        hasIssuers = !settings.issuers.isEmpty
        apiKeys = try Self.store(settings, context, before: before?.access.apiKeys, reading)
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
        loop = context.loop
    }

    private static func store(
        _ settings: AccessSettings, _ context: ServiceEnvironment, before: APIKeyStore?, _ reading: APIKeyStore.Reading?
    ) throws -> APIKeyStore? {
        guard let path = try settings.apiKeyPath(context) else { return nil }
        let classes = Set(settings.rateClasses.keys)
        if let before, before.path == path, before.rateClasses == classes { return before }
        let known = reading.flatMap { $0.path == path ? $0 : nil }
        return APIKeyStore(
            try known ?? APIKeyStore.Reading(path), rateClasses: classes, loop: context.loop, log: context.log)
    }

    /// Throws 401 with a challenge (RFC 6750 §3) for a request without a valid token or key, 400 for one that has several of
    /// them, and 503 if the keys cannot be loaded that would tell.
    func caller(of request: Request) async throws -> VerifiedCaller {
        let fields = request.headers.all("Authorization")
        if let apiKeys {
            let keys = request.headers.all(APIKey.field)
            if !keys.isEmpty { return try caller(of: keys, beside: fields, apiKeys) }
        }
        guard fields.count < 2 else {
            outcomes.labelled("malformed").increment()
            throw Self.refusal(400, "The request has two Authorization fields", code: "invalid_request")
        }
        guard let token = fields.first.flatMap(Self.token) else {
            outcomes.labelled("missing").increment()
            throw missing
        }
        do {
            let caller = try await verifier.verify(token)
            outcomes.labelled("accepted").increment()
            return caller
        } catch {
            outcomes.labelled(error.code.rawValue).increment()
            guard error.code != .keysUnavailable else { throw Problem.unavailable(error.message, dependency: "issuer") }
            throw Self.refusal(401, error.message, code: "invalid_token")
        }
    }

    /// Every key that is not accepted is refused by the same words: they tell nobody which keys there are, or were.
    private func caller(
        of keys: [String], beside others: [String], _ store: APIKeyStore
    ) throws -> VerifiedCaller {
        guard keys.count == 1, others.isEmpty else {
            keyOutcomes.labelled("malformed").increment()
            throw Problem(
                status: 400,
                detail: keys.count > 1
                    ? "The request has two X-API-Key fields"
                    : "The request has both X-API-Key and Authorization; it may have one of them")
        }
        do throws(APIKeyRefusal) {
            let caller = try store.keys.caller(of: keys[0], at: loop.now)
            keyOutcomes.labelled("accepted").increment()
            return caller
        } catch {
            keyOutcomes.labelled(error.rawValue).increment()
            var problem = Problem(status: 401, detail: "The API key is not valid")
            problem.headers["WWW-Authenticate"] = Self.keyChallenge
            throw problem
        }
    }

    /// Throws 403 unless the caller has one of the roles.
    func check(_ caller: VerifiedCaller, roles: [String]) throws(Problem) {
        guard !caller.roles.contains(where: { roles.contains($0) }) else { return }
        let detail = "This needs the role \(roles.joined(separator: " or "))"
        guard caller.issuer != APIKey.issuer else {
            keyOutcomes.labelled("role").increment()
            throw Problem(status: 403, detail: detail)
        }
        outcomes.labelled("role").increment()
        throw Self.refusal(403, detail, code: "insufficient_scope")
    }

    /// The characters behind `Bearer `; `nil` for another scheme.
    private static func token(_ field: String) -> String? {
        let bytes = field.utf8
        guard bytes.count > scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { return nil }
        return String(Substring(bytes.dropFirst(scheme.count)))
    }

    /// No scheme for keys is registered; 401 needs a challenge, though (RFC 9110 §15.5.2).
    private static let keyChallenge = "ApiKey realm=\"sambal\""
    private static let tokenChallenge = "Bearer realm=\"sambal\""

    private var missing: Problem {
        let ways = [
            hasIssuers ? "an access token, in the header field Authorization: Bearer" : nil,
            apiKeys == nil ? nil : "an API key, in the header field X-API-Key",
        ].compactMap(\.self)
        var problem = Problem(status: 401, detail: "This needs \(ways.joined(separator: ", or "))")
        if hasIssuers { problem.headers.add("WWW-Authenticate", Self.tokenChallenge) }
        if apiKeys != nil { problem.headers.add("WWW-Authenticate", Self.keyChallenge) }
        return problem
    }

    private static func refusal(_ status: Int, _ detail: String, code: String) -> Problem {
        var problem = Problem(status: status, detail: detail)
        problem.headers["WWW-Authenticate"] =
            "\(tokenChallenge), error=\"\(code)\", error_description=\"\(detail)\""
        return problem
    }
}
