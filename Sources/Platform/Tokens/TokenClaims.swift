public import Kernel

/// The claims of a token (RFC 7519 §4.1), read strictly.
struct TokenClaims: Sendable {
    let issuer: String
    let subject: String
    let audiences: [String]
    /// Milliseconds since 1970, as those that follow.
    let expires: Int64
    let notBefore: Int64?
    let issued: Int64?
    private let members: [String: JSONDocument]

    init(_ payload: [UInt8]) throws(TokenFault) {
        members = try CompactToken.object(payload, "claims")
        func fault(_ name: String, _ kind: String) -> TokenFault {
            TokenFault(.claims, "The claim \(name) of the token is missing or no \(kind)")
        }
        guard case .text(let issuer)? = members["iss"] else { throw fault("iss", "text") }
        guard case .text(let subject)? = members["sub"], !subject.isEmpty, subject.utf8.count <= TokenLimits.subject
        else { throw fault("sub", "text of 1 to \(TokenLimits.subject) bytes") }
        switch members["aud"] {
        case .text(let audience): audiences = [audience]
        case .list(let list):
            audiences = list.compactMap { if case .text(let text) = $0 { text } else { nil } }
            guard audiences.count == list.count else { throw fault("aud", "text or list of texts") }
        default: throw fault("aud", "text or list of texts")
        }
        guard let expires = Self.time(members["exp"]) else { throw fault("exp", "time in seconds") }
        notBefore = Self.time(members["nbf"])
        if notBefore == nil, members["nbf"] != nil { throw fault("nbf", "time in seconds") }
        issued = Self.time(members["iat"])
        if issued == nil, members["iat"] != nil { throw fault("iat", "time in seconds") }
        self.issuer = issuer
        self.subject = subject
        self.expires = expires
    }

    /// Milliseconds from seconds, which may have a fraction (RFC 7519 §2, "NumericDate").
    private static func time(_ value: JSONDocument?) -> Int64? {
        switch value {
        case .integer(let seconds): return Timestamp(seconds: seconds)?.milliseconds
        case .number(let number):
            guard let seconds = Double(number.literal), seconds.magnitude < 1e12 else { return nil }
            return Timestamp(seconds: Int64(seconds)).map { _ in Int64(seconds * 1000) }
        default: return nil
        }
    }

    /// Throws unless the token is meant for one of the audiences, and now.
    func check(audiences wanted: [String], at now: Timestamp, skew: Duration) throws(TokenFault) {
        let isMeant = audiences.contains { audience in wanted.contains { $0.utf8.elementsEqual(audience.utf8) } }
        guard isMeant else { throw TokenFault(.audience, "The token is meant for another audience") }
        let skew = skew.wholeMilliseconds
        guard now.milliseconds < expires + skew else { throw TokenFault(.expired, "The token has expired") }
        for time in [notBefore, issued].compactMap({ $0 }) where time > now.milliseconds + skew {
            throw TokenFault(.early, "The time of the token has not come yet")
        }
    }

    /// The values of the claim that holds roles: a list of texts, or a text of words (RFC 8693 §4.2, `scope`). The claim's
    /// name is taken as a whole first, then as members inside each other, with dots between them. Only roles of visible
    /// ASCII characters without a comma count: others cannot be passed on as they are.
    func roles(in claim: String) -> [String] {
        let words: [String]
        switch members[claim] ?? Self.member(claim, of: members) {
        case .text(let text): words = text.split(separator: " ").map(String.init)
        case .list(let list): words = list.compactMap { if case .text(let text) = $0 { text } else { nil } }
        default: words = []
        }
        return words.filter { word in
            !word.isEmpty && word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }
        }
    }

    private static func member(_ path: String, of members: [String: JSONDocument]) -> JSONDocument? {
        path.split(separator: ".").reduce(JSONDocument.object(members) as JSONDocument?) { document, name in
            if case .object(let members)? = document { members[String(name)] } else { nil }
        }
    }
}

/// A caller, as a token or an API key that was verified says it.
public struct VerifiedCaller: Sendable, Hashable {
    public let issuer: String
    public let subject: String
    public let roles: [String]
    /// The last moment at which the token or key is accepted, clock skew included.
    public let expires: Timestamp
    /// The class of rates that holds for the caller; `nil` for those of the routes.
    public let rateClass: String?

    public init(issuer: String, subject: String, roles: [String], expires: Timestamp, rateClass: String? = nil) {
        self.issuer = issuer
        self.subject = subject
        self.roles = roles
        self.expires = expires
        self.rateClass = rateClass
    }
}
