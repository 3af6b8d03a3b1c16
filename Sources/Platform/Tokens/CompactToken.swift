import FoundationEssentials
import Kernel

/// A token in the compact form (RFC 7515 §7.1), taken apart and not yet believed.
public struct CompactToken: Sendable {
    public let algorithm: SignatureAlgorithm
    public let kid: String?
    public let payload: [UInt8]
    let signingInput: [UInt8]
    let signature: [UInt8]

    private static let limits = JSONLimits(
        bytes: TokenLimits.bytes, depth: TokenLimits.depth, values: TokenLimits.values, text: TokenLimits.bytes,
        number: 32)

    /// Parameters by which a token brings its own key, or says where it is, and those that change what the rest means. Not
    /// to look at them is not enough for some of them; to refuse them all is simple.
    private static let refusedParameters = ["crit", "jku", "x5u", "jwk", "x5c", "b64", "zip", "enc", "cty"]

    /// Types that an access token may have (RFC 7519 §5.1, RFC 9068 §2.1), in small letters. Tokens of another type are
    /// for another purpose (RFC 8725 §3.11).
    private static let types: Set<String> = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]

    public init(_ text: String) throws(TokenFault) {
        var text = text
        text.makeContiguousUTF8()
        let utf8 = text.utf8
        guard utf8.count <= TokenLimits.bytes else {
            throw TokenFault(.malformed, "The token has more than \(TokenLimits.bytes) bytes")
        }
        let parts = utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw TokenFault(.malformed, "The token does not have three parts") }
        guard let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw TokenFault(.malformed, "A part of the token is not base64url without padding") }
        let members = try Self.object(header, "header")
        for name in Self.refusedParameters where members[name] != nil {
            throw TokenFault(.unsupported, "The header of the token has \(name), which is never accepted")
        }
        guard case .text(let name)? = members["alg"] else {
            throw TokenFault(.malformed, "The header of the token has no algorithm")
        }
        guard let algorithm = SignatureAlgorithm(name: name) else {
            throw TokenFault(
                .unsupported,
                "The algorithm of the token is not one of "
                    + SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))
        }
        switch members["typ"] {
        case nil: break
        case .text(let type) where Self.types.contains(type.lowercased()): break
        default: throw TokenFault(.unsupported, "The token is of another type than JWT")
        }
        switch members["kid"] {
        case nil: kid = nil
        case .text(let text) where text.utf8.count <= 256: kid = text
        default: throw TokenFault(.malformed, "The name of the token's key is no short text")
        }
        guard !signature.isEmpty else { throw TokenFault(.unsupported, "The token is not signed") }
        self.algorithm = algorithm
        self.payload = payload
        self.signature = signature
        signingInput = Array(utf8[..<parts[1].endIndex])
    }

    /// The members of a part of the token that is a JSON object. A member that stands there twice is refused.
    static func object(_ bytes: [UInt8], _ part: String) throws(TokenFault) -> [String: JSONDocument] {
        guard let document = try? JSON.decode(JSONDocument.self, from: Data(bytes), limits: limits),
            case .object(let members) = document
        else { throw TokenFault(.malformed, "The \(part) of the token is no JSON object, or larger than one may be") }
        return members
    }

    /// Throws unless one of the keys has signed the token.
    public func verify(with keys: KeySet) throws(TokenFault) {
        let candidates = keys.candidates(kid: kid, algorithm: algorithm)
        guard !candidates.isEmpty else {
            throw TokenFault(.unknownKey, "The issuer has no such key for the algorithm of the token")
        }
        guard candidates.contains(where: { $0.verify(signingInput, signature: signature, by: algorithm) }) else {
            throw TokenFault(.signature, "The signature of the token is wrong")
        }
    }
}
