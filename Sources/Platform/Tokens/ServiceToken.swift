import Cryptography
import FoundationEssentials
public import Kernel
import Synchronization

/// A service's word that a request is its own: signed, short-lived, for one other service, and with the caller for whom it
/// asks. The form is that of a JSON Web Token signed by HMAC-SHA-256.
public struct ServiceToken: Sendable, Hashable {
    /// The caller for whom a service asks.
    public struct Caller: Sendable, Hashable, Codable {
        public let subject: String
        public let issuer: String
        public let roles: [String]

        public init(subject: String, issuer: String, roles: [String]) {
            self.subject = subject
            self.issuer = issuer
            self.roles = roles
        }

        enum CodingKeys: String, CodingKey {
            case subject = "sub"
            case issuer = "iss"
            case roles
        }
    }
    /// The service that signed it.
    public let service: String
    /// `nil` if the service asks for itself, or for a caller that it does not know.
    public let caller: Caller?
    let issued: Timestamp
    let expires: Timestamp

    public static let issuer = "sambal-services"
    /// How long a token is accepted. It is used for the first half of that only: the rest is for requests on their way.
    public static let lifetime = Duration.seconds(60)
    /// By how much the clocks of two machines may differ.
    public static let clockSkew = Duration.seconds(30)
    static let longest = 8 << 10
}

/// The members of a token's payload.
private struct ServiceClaims: Codable {
    let iss: String
    let sub: String
    let aud: String
    /// Seconds since 1970, as `exp`.
    let iat: Int64
    let exp: Int64
    let caller: ServiceToken.Caller?
}

/// Makes the tokens of one service. One that was made for the same service and caller is used again, so that a call usually
/// costs a look-up.
public final class ServiceTokenMint: Sendable {
    private struct Purpose: Hashable, Sendable {
        let audience: String
        let caller: ServiceToken.Caller?
    }
    private struct Made: Sendable {
        let token: String
        let at: Timestamp
    }
    private let service: String
    private let keys: ServiceKeys
    private let loop: any Loop
    private let made = Mutex(RecentValues<Purpose, Made>(capacity: TokenLimits.remembered))

    public init(of service: String, keys: ServiceKeys, loop: any Loop) {
        self.service = service
        self.keys = keys
        self.loop = loop
    }

    /// Returns a token for a request to the service `audience`.
    public func token(for audience: String, caller: ServiceToken.Caller?) -> String {
        let now = loop.now
        let purpose = Purpose(audience: audience, caller: caller)
        // A clock that was set back makes an old token one of the future.
        if let known = made.withLock({ $0[purpose] }), known.at <= now, now < known.at + ServiceToken.lifetime / 2 {
            return known.token
        }
        let token = make(purpose, at: now)
        made.withLock { $0[purpose] = Made(token: token, at: now) }
        return token
    }

    private func make(_ purpose: Purpose, at now: Timestamp) -> String {
        let seconds = now.milliseconds / 1000
        let claims = ServiceClaims(
            iss: ServiceToken.issuer, sub: service, aud: purpose.audience, iat: seconds,
            exp: seconds + ServiceToken.lifetime.components.seconds, caller: purpose.caller)
        // Texts, numbers and lists of texts can always be written.
        guard let payload = try? JSON.encode(claims) else { preconditionFailure("a token's claims cannot be written") }
        let input = keys.signing.header + "." + Base64URL.encode(payload)
        return input + "." + Base64URL.encode(HMAC.sha256(Array(input.utf8), key: keys.signing.bytes))
    }
}

/// Verifies the tokens that requests to one service carry.
public final class ServiceTokenVerifier: Sendable {
    private let service: String
    private let keys: ServiceKeys
    private let loop: any Loop
    private let known = Mutex(RecentValues<String, ServiceToken>(capacity: TokenLimits.remembered))

    public init(for service: String, keys: ServiceKeys, loop: any Loop) {
        self.service = service
        self.keys = keys
        self.loop = loop
    }

    public func verify(_ text: String) throws(TokenFault) -> ServiceToken {
        let now = loop.now
        if let token = known.withLock({ $0[text] }) {
            try check(token, at: now)
            return token
        }
        let claims = try claims(of: text)
        guard claims.iss == ServiceToken.issuer else {
            throw TokenFault(.issuer, "The service token was not issued by a service")
        }
        guard claims.aud.utf8.elementsEqual(service.utf8) else {
            throw TokenFault(.audience, "The service token is meant for another service than \(service)")
        }
        guard let issued = Timestamp(seconds: claims.iat), let expires = Timestamp(seconds: claims.exp) else {
            throw TokenFault(.claims, "The service token has no times")
        }
        let token = ServiceToken(service: claims.sub, caller: claims.caller, issued: issued, expires: expires)
        try check(token, at: now)
        if text.utf8.count <= TokenLimits.rememberedBytes { known.withLock { $0[text] = token } }
        return token
    }

    /// The claims, if one of the keys has signed them.
    private func claims(of text: String) throws(TokenFault) -> ServiceClaims {
        guard text.utf8.count <= ServiceToken.longest else {
            throw TokenFault(.malformed, "The service token has more than \(ServiceToken.longest) bytes")
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2])
        else { throw TokenFault(.malformed, "The service token is not one of three parts in base64url") }
        guard let key = keys.accepted.first(where: { $0.header.utf8.elementsEqual(parts[0]) }) else {
            throw TokenFault(
                .unknownKey, "The service token was not signed by a key that is known here; all services need the same")
        }
        let input = Array(text.utf8[..<parts[1].endIndex])
        guard ConstantTime.isEqual(signature, HMAC.sha256(input, key: key.bytes)) else {
            throw TokenFault(.signature, "The signature of the service token is wrong")
        }
        guard let claims = try? JSON.decode(ServiceClaims.self, from: Data(payload)) else {
            throw TokenFault(.claims, "The claims of the service token cannot be read")
        }
        return claims
    }

    private func check(_ token: ServiceToken, at now: Timestamp) throws(TokenFault) {
        guard now < token.expires + ServiceToken.clockSkew else {
            throw TokenFault(.expired, "The service token has expired; do the clocks of the machines agree?")
        }
        guard token.issued <= now + ServiceToken.clockSkew else {
            throw TokenFault(.early, "The service token is from the future; do the clocks of the machines agree?")
        }
    }
}
