public import Kernel
import Synchronization

/// An issuer whose tokens are accepted, and for whom they must be meant.
public struct TrustedIssuer: Sendable {
    public enum Keys: Sendable {
        /// They never change: a secret.
        case fixed(KeySet)
        case loaded(KeyProvider)
    }
    public let name: String
    /// A token must name one of them.
    public let audiences: [String]
    public let algorithms: Set<SignatureAlgorithm>
    public let keys: Keys

    public init(_ name: String, audiences: [String], algorithms: Set<SignatureAlgorithm>, keys: Keys) {
        self.name = name
        self.audiences = audiences
        self.algorithms = algorithms
        self.keys = keys
    }
}

/// Verifies tokens: who issued them, by which key, for whom, and when.
public final class TokenVerifier: Sendable {
    private let issuers: [TrustedIssuer]
    private let rolesClaim: String
    private let skew: Duration
    private let loop: any Loop
    private let cache = Mutex(TokenCache())

    /// `skew` is how far other clocks may differ from this one.
    public init(_ issuers: [TrustedIssuer], rolesClaim: String, skew: Duration, loop: any Loop) {
        self.issuers = issuers
        self.rolesClaim = rolesClaim
        self.skew = skew
        self.loop = loop
    }

    /// Returns the caller whose token it is. Waits if the token names a key that has to be loaded first.
    public func verify(_ token: String) async throws(TokenFault) -> VerifiedCaller {
        let now = loop.now
        let stamp = stamp
        if let caller = cache.withLock({ $0.caller(of: token, at: now, stamp: stamp) }) { return caller }
        let compact = try CompactToken(token)
        // Nothing of it is believed yet: they say whose key to look for.
        let claims = try TokenClaims(compact.payload)
        guard let issuer = issuers.first(where: { $0.name.utf8.elementsEqual(claims.issuer.utf8) }) else {
            throw TokenFault(.issuer, "The issuer of the token is not trusted here")
        }
        guard issuer.algorithms.contains(compact.algorithm) else {
            throw TokenFault(.unsupported, "The issuer of the token signs by another algorithm")
        }
        try await check(compact, issuer)
        try claims.check(audiences: issuer.audiences, at: loop.now, skew: skew)
        let caller = VerifiedCaller(
            issuer: issuer.name, subject: claims.subject, roles: claims.roles(in: rolesClaim),
            expires: Timestamp(milliseconds: claims.expires) + skew)
        // If keys have changed meanwhile, the stamp is another one, and nothing is remembered.
        cache.withLock { $0.remember(token, caller, stamp: stamp) }
        return caller
    }

    private func check(_ token: CompactToken, _ issuer: TrustedIssuer) async throws(TokenFault) {
        switch issuer.keys {
        case .fixed(let keys): try token.verify(with: keys)
        case .loaded(let provider):
            if let keys = provider.current.keys {
                do {
                    return try token.verify(with: keys)
                } catch {
                    guard error.code == .unknownKey else { throw error }
                }
            }
            try token.verify(with: try await provider.keysAfterLoad())
        }
    }

    /// Grows whenever keys of an issuer change.
    private var stamp: Int {
        issuers.reduce(0) { sum, issuer in
            if case .loaded(let provider) = issuer.keys { sum + provider.generation } else { sum }
        }
    }
}
