import HTTP
package import Kernel

/// The body of a PATCH: any members of the resource, `null` for those that are to go (RFC 7396).
struct MergePatch: Codable, Sendable {
    static let contentType = "application/merge-patch+json"
    let changes: JSONDocument

    init(changes: JSONDocument) {
        self.changes = changes
    }

    init(from decoder: any Decoder) throws {
        changes = try JSONDocument(from: decoder)
        guard case .object = changes else {
            throw DecodingError.typeMismatch(
                [String: JSONDocument].self, .init(codingPath: decoder.codingPath, debugDescription: "is no object"))
        }
    }

    func encode(to encoder: any Encoder) throws { try changes.encode(to: encoder) }

    /// Throws a 415 `Problem` for another kind of patch: what it means is not known here. Plain JSON is taken for a merge
    /// patch. Two kinds are a 400 `Problem`.
    init(_ request: Request) throws {
        let type = try request.contentType()?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard [nil, Self.contentType, "application/json"].contains(type) else {
            var problem = Problem(status: 415, detail: "a PATCH is \(Self.contentType) or application/json")
            problem.headers["Accept-Patch"] = Self.contentType + ", application/json"
            throw problem
        }
        self = try request.decode(Self.self)
    }
}

extension MergePatch: SchemaDescribing {
    static var schema: Schema { .map(.any) }
    static var sample: MergePatch { MergePatch(changes: .object([:])) }
}

extension JSONDocument {
    /// The document after a JSON Merge Patch (RFC 7396 §2): members of objects are merged, `null` removes one, anything
    /// else replaces what was there.
    package func merged(with patch: JSONDocument) -> JSONDocument {
        guard case .object(let changes) = patch else { return patch }
        var members: [String: JSONDocument] = [:]
        if case .object(let known) = self { members = known }
        for (name, change) in changes {
            members[name] = change == .null ? nil : (members[name] ?? .null).merged(with: change)
        }
        return .object(members)
    }
}
