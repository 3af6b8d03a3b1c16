import FoundationEssentials
import Kernel

/// The document by which an issuer says where its keys are (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).
public struct IssuerMetadata: Sendable, Hashable {
    /// The address of the key set.
    public let keys: String

    /// The address of the document of an issuer, whose name is a URL.
    public static func address(of issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// Throws `KeySetFault`. The document must be about this issuer, to the letter (§4.3), and keys of an issuer with an
    /// `https` address must have one too.
    public init(json bytes: [UInt8], of issuer: String) throws(KeySetFault) {
        guard bytes.count <= TokenLimits.keySetBytes,
            let document = try? JSON.decode(JSONDocument.self, from: Data(bytes), limits: .request),
            case .object(let members) = document
        else { throw KeySetFault("the discovery document is no JSON object, or larger than one may be") }
        guard case .text(let name)? = members["issuer"], name.utf8.elementsEqual(issuer.utf8) else {
            throw KeySetFault("the discovery document is about another issuer")
        }
        guard case .text(let keys)? = members["jwks_uri"], keys.hasPrefix("https://") || keys.hasPrefix("http://")
        else {
            throw KeySetFault("the discovery document has no jwks_uri")
        }
        guard keys.hasPrefix("https://") || issuer.hasPrefix("http://") else {
            throw KeySetFault("the discovery document leads to keys that are not protected by TLS")
        }
        self.keys = keys
    }
}
