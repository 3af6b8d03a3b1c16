public import FoundationEssentials

/// What a type looks like in JSON, as a JSON Schema 2020-12 document.
public enum JSONSchema {
    public static let contentType = "application/schema+json"

    /// The same bytes for the same type. The objects within it are under `$defs`.
    public static func document(of type: any Decodable.Type, title: String) -> Data {
        let probe = SchemaProbe()
        let root = probe.schema(of: type)
        var definitions = probe.definitions
        var own: [String: JSONValue] = [:]
        if case .reference(let name) = root, let schema = definitions.removeValue(forKey: name),
            case .object(let members) = schema.json
        {
            own = members
        }
        own["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        own["title"] = .string(title)
        if !definitions.isEmpty { own["$defs"] = .object(definitions.mapValues(\.json)) }
        return JSONValue.object(own).rebased.data
    }
}

extension JSONValue {
    private static let components = "#/components/schemas/"

    /// With references into this document rather than into an OpenAPI one.
    fileprivate var rebased: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.rebased))
        case .object(let members):
            .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { key, value in
                        guard key == "$ref", case .string(let text) = value, text.hasPrefix(Self.components) else {
                            return (key, value.rebased)
                        }
                        return (key, .string("#/$defs/" + text.dropFirst(Self.components.count)))
                    }))
        default: self
        }
    }
}
