import FoundationEssentials
import Kernel

/// The OpenAPI document of an upstream, read within bounds.
struct UpstreamDocument: Sendable {
    /// The name of the upstream in the whole document: of ASCII letters, digits, dots and hyphens.
    var name: String
    /// The length of its text.
    let size: Int
    /// Another number for another text, in this process.
    let fingerprint: Int
    let paths: [String: JSONDocument]
    let components: [ComponentNames.Key: JSONDocument]

    /// Bytes of a document.
    static let limit = 4 << 20
    /// Bytes of all documents that are kept.
    static let totalLimit = 16 << 20
    static let methods = ["get", "put", "post", "delete", "options", "head", "patch"]

    /// Throws `Fault`, the end of a sentence about the upstream.
    init(_ name: String, _ bytes: Data) throws(Fault) {
        guard bytes.count <= Self.limit else { throw Fault("has a document of more than \(Self.limit >> 20) MiB") }
        let limits = JSONLimits(bytes: Self.limit, depth: 64, values: 200_000, text: 1 << 20)
        guard case .object(let members)? = try? JSON.decode(JSONDocument.self, from: bytes, limits: limits),
            case .text(let version)? = members["openapi"], version.hasPrefix("3.1."),
            case .object(let paths) = members["paths"] ?? [:]
        else { throw Fault("has no OpenAPI 3.1 document at /openapi.json") }
        self.name = name
        size = bytes.count
        var hasher = Hasher()
        // Not the hash of `Data`, which is one of its beginning.
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        fingerprint = hasher.finalize()
        self.paths = paths
        var components: [ComponentNames.Key: JSONDocument] = [:]
        if case .object(let kinds)? = members["components"] {
            for case (let kind, .object(let items)) in kinds where kind != "securitySchemes" {
                for (name, item) in items { components[.init(kind: kind, name: name)] = item }
            }
        }
        self.components = components
    }

    /// The components that the references lead to, and those that these lead to.
    func components(for references: Set<String>) -> [ComponentNames.Key: JSONDocument] {
        var found: [ComponentNames.Key: JSONDocument] = [:]
        var next = references.compactMap { ComponentNames.Key(reference: $0) }
        while let key = next.popLast() {
            guard found[key] == nil, let component = components[key] else { continue }
            found[key] = component
            next += component.references.compactMap { ComponentNames.Key(reference: $0) }
        }
        return found
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }
}

extension GatewayRoute {
    /// The name of the route's upstream in the whole document; `nil` if it has none. Of a server that is named by its URL it is
    /// that of the route: hosts and ports behind the gateway are nobody's business.
    var documentName: String? {
        switch target {
        case .name(let name): Self.plain(name)
        case .server: Self.plain(id)
        case .forward, .nobody: nil
        }
    }

    private static func plain(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" })
    }
}
