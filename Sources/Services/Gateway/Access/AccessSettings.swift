import Configuration
import Kernel
import ServiceHost
import Tokens

/// Whose tokens the gateway accepts: `access` in its section.
struct AccessSettings: Sendable, Hashable {
    /// Where the keys of an issuer are.
    enum KeyLocation: Sendable, Hashable {
        case file(String)
        case url(String)
        /// The issuer's discovery document says it.
        case discovery(String)
        case secret([UInt8])
    }
    struct Issuer: Sendable, Hashable {
        let name: String
        let audiences: [String]
        let algorithms: Set<SignatureAlgorithm>
        let keys: KeyLocation
    }
    /// Where the records of API keys are.
    enum APIKeyLocation: Sendable, Hashable {
        /// In the data folder, where `sambal apikey` writes it.
        case dataFolder
        case file(String)
    }
    let issuers: [Issuer]
    /// `nil` if no API keys are taken.
    let apiKeys: APIKeyLocation?
    /// The rates of callers, by the class that their API keys name.
    let rateClasses: [String: RateClass]
    /// The claim that holds a caller's roles.
    let rolesClaim: String
    let clockSkew: Duration
    let minimumRefresh: Duration
    let refresh: Duration

    /// How often a file of keys is read again.
    static let fileInterval = Duration.seconds(5)

    /// Whether there is anybody whom a route could ask for.
    var knowsCallers: Bool { !issuers.isEmpty || apiKeys != nil }

    /// The path of the file of API keys; `nil` if none are taken.
    func apiKeyPath(_ context: ServiceEnvironment) throws -> String? {
        switch apiKeys {
        case nil: nil
        case .dataFolder: try context.folder(GatewayService.apiKeyFile)
        case .file(let file): file
        }
    }
}

extension AccessSettings {
    init(from section: Configuration) {
        rolesClaim = section.string(
            "rolesClaim", default: "roles",
            help:
                "The claim of a token that holds the roles of the caller; dots lead into objects: `realm_access.roles`."
        )
        clockSkew = section.duration(
            "clockSkew", in: .zero...(.seconds(300)), default: .seconds(30),
            help: "By how much the clocks of issuers may differ from this one.")
        minimumRefresh = section.duration(
            "minimumRefresh", in: .seconds(1)...(.seconds(60)), default: .seconds(5),
            help: "The shortest time between two loads of an issuer's keys, whatever tokens come in.")
        refresh = section.duration(
            "refresh", in: .seconds(10)...(.seconds(86_400)), default: .seconds(600),
            help: "How often an issuer's keys are loaded again.")
        var issuers: [Issuer] = []
        for item in section.list("issuers") {
            let issuer = Issuer(from: item)
            if issuers.contains(where: { $0.name == issuer.name }), !issuer.name.isEmpty {
                item.report("issuer", "must be another one: \(issuer.name) is an issuer before it")
            }
            if issuer.name == APIKey.issuer {
                item.report("issuer", "must be another one: \(issuer.name) stands for callers with an API key")
            }
            issuers.append(issuer)
        }
        self.issuers = issuers
        apiKeys = Self.apiKeys(from: section)
        rateClasses = Dictionary(
            section.map("rateClasses").map { ($0.name, RateClass(from: $0.section)) }, uniquingKeysWith: { $1 })
        for name in rateClasses.keys where !APIKeyRecord.isName(name) {
            section.report("rateClasses", "must have names of ASCII letters, digits and ._@:/+-, not \"\(name)\"")
        }
    }

    private static func apiKeys(from section: Configuration) -> APIKeyLocation? {
        let isOn = section.bool(
            "apiKeys", default: false,
            help: "Whether callers may show who they are by an API key, in `X-API-Key`; `sambal apikey` makes them.")
        let file = section.optionalFile(
            "apiKeysFile",
            help: .init(
                "The file of API keys, which are then taken, unless `apiKeys` is false.",
                default: "`\(GatewayService.apiKeyFile)` in the data folder"))
        // An explicit `false` switches keys off, whatever file is named beside it.
        guard isOn || !section.contains("apiKeys") else { return nil }
        guard let file else { return isOn ? .dataFolder : nil }
        do {
            _ = try AccessFile.apiKeys(file)
        } catch {
            section.report("apiKeysFile", "\(file) \(error.description)")
        }
        return .file(file)
    }
}

extension RateClass {
    fileprivate init(from section: Configuration) {
        rate = section.int(
            "replenishRate", in: 1...1_000_000, default: nil,
            help: "Tokens a second, in place of a route's that counts by caller.")
        burst = section.int(
            "burstCapacity", in: 1...1_000_000, default: rate,
            help: .init("Tokens that a full bucket holds.", default: "`replenishRate`"))
    }
}

extension AccessSettings.Issuer {
    fileprivate init(from section: Configuration) {
        name = section.string("issuer", help: "The `iss` of the issuer's tokens, to the letter.")
        audiences = section.strings(
            "audience",
            help: .init("What the `aud` of a token must contain; one of several.", default: "none: it is required"))
        if audiences.isEmpty {
            section.report("audience", "is required: without it, tokens that are meant for others would be accepted")
        }
        let location = Self.location(in: section, issuer: name)
        keys = location
        let isSecret = if case .secret = location { true } else { false }
        let possible = SignatureAlgorithm.allCases.filter { ($0 == .hs256) == isSecret }
        let words = section.strings(
            "algorithms",
            help: .init(
                "The algorithms that the issuer signs by.",
                default: "RS256, PS256, ES256, EdDSA; of a secret, HS256"))
        for word in words where !possible.contains(where: { $0 == SignatureAlgorithm(name: word) }) {
            section.report(
                "algorithms",
                "must be of \(possible.map(\.rawValue).listed)\(isSecret ? " for a secret" : ""), not \"\(word.prefix(80))\""
            )
        }
        algorithms = Set(words.isEmpty ? possible : words.compactMap { SignatureAlgorithm(name: $0) })
    }

    private static func location(in section: Configuration, issuer: String) -> AccessSettings.KeyLocation {
        let keys = section.optionalString(
            "keys",
            help: .init(
                "The issuer's key set (JWKS): a URL or a file.",
                default: "the `jwks_uri` of the issuer's discovery document"))
        let secret = section.optionalString(
            "secret", help: "The secret of HS256, of at least 32 bytes, in place of `keys`.")
        let file = section.optionalFile("secretFile", help: "A file that holds the secret of HS256.")
        let given = [keys.map { _ in "keys" }, secret.map { _ in "secret" }, file.map { _ in "secretFile" }].compactMap(
            \.self)
        if given.count > 1 { section.report(given[1], "stands beside \(given[0]); an issuer has one of them") }
        if let secret { return .secret(checked(secret, section, "secret")) }
        if let file {
            do {
                let bytes = try AccessFile.secret(file)
                return .secret(checked(bytes, section, "secretFile"))
            } catch {
                section.report("secretFile", "\(file) \(error.description)")
                return .secret([])
            }
        }
        guard let keys else {
            guard isAddress(issuer) else {
                if !issuer.isEmpty {
                    section.report("keys", "is required, because the issuer is no URL with a discovery document")
                }
                return .discovery(issuer)
            }
            warnOfPlain(issuer, "issuer", section)
            return .discovery(issuer)
        }
        guard !keys.contains("://") else {
            if UpstreamSettings.server(keys, { section.report("keys", $0) }) != nil {
                warnOfPlain(keys, "keys", section)
            }
            return .url(keys)
        }
        do {
            let set = try AccessFile.keys(keys)
            for omission in set.omissions { section.warn("keys", "\(keys): \(omission)") }
        } catch {
            section.report("keys", "\(keys) \(error.description)")
        }
        return .file(keys)
    }

    private static func checked(_ secret: some Collection<UInt8>, _ section: Configuration, _ key: String) -> [UInt8] {
        if secret.count < VerificationKey.leastSecret {
            section.report(key, "must have at least \(VerificationKey.leastSecret) bytes (RFC 7518 §3.2)")
        }
        return Array(secret)
    }

    private static func checked(_ secret: String, _ section: Configuration, _ key: String) -> [UInt8] {
        checked(secret.utf8, section, key)
    }

    private static func isAddress(_ text: String) -> Bool {
        UpstreamSettings.server(text) { _ in } != nil && !text.contains("?") && !text.contains("#")
    }

    /// Keys from another machine without TLS are whatever somebody on the way says.
    private static func warnOfPlain(_ url: String, _ key: String, _ section: Configuration) {
        let host = url.dropFirst("http://".count).prefix { !"/:?#".contains($0) }
        guard url.lowercased().hasPrefix("http://"), host != "localhost", !host.hasPrefix("127."), host != "[" else {
            return
        }
        section.warn(key, "is not https: whoever is between the gateway and \(host) can replace the keys")
    }
}
