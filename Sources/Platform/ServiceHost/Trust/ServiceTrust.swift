import HTTP
import Kernel
public import Tokens

/// How the services of a shop know each other's requests.
public struct ServiceTrust: Sendable {
    /// The keys that sign and are accepted; `nil` if no service of the shop asks for tokens.
    let keys: ServiceKeys?
    /// The services whose ports ask for a token.
    let asking: Set<String>
    /// Returns the service of the shop that is reached at a URL of scheme and authority; `nil` of another server.
    let serviceAt: @Sendable (String) -> String?

    /// Ports answer everybody, and nothing is signed.
    public static let open = ServiceTrust(keys: nil, asking: [], serviceAt: { _ in nil })

    public init(keys: ServiceKeys?, asking: Set<String>, serviceAt: @escaping @Sendable (String) -> String?) {
        self.keys = keys
        self.asking = asking
        self.serviceAt = serviceAt
    }

    func mint(of service: String, loop: any Loop) -> ServiceTokenMint? {
        keys.map { ServiceTokenMint(of: service, keys: $0, loop: loop) }
    }
}

/// Signs the requests to one service.
struct RequestSigning: Sendable {
    let mint: ServiceTokenMint
    let audience: String

    /// Sets the token, with the caller that the header fields name. Fields that name none in a valid way are not sent: a
    /// caller who was lost on the way would be nobody.
    func sign(_ headers: inout Headers) throws(TransportError) {
        let caller: Caller?
        do { caller = try Caller(headers) } catch {
            throw TransportError(.malformed, "The fields of the request name no caller: \(error.description)")
        }
        headers[ServiceGate.field] = mint.token(
            for: audience,
            caller: caller.map { ServiceToken.Caller(subject: $0.subject, issuer: $0.issuer, roles: $0.roles) })
    }
}
