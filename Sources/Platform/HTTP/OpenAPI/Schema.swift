public import FoundationEssentials
public import Kernel

/// The form of a JSON value, as far as OpenAPI 3.1 (JSON Schema 2020-12) is to say it.
public indirect enum Schema: Sendable, Hashable {
    /// Any value.
    case any
    case boolean
    case integer(format: String? = nil)
    case number
    /// `values` where only these are allowed.
    case string(format: String? = nil, values: [String] = [])
    case array(Schema)
    case object([Property])
    /// An object whose names are free.
    case map(Schema)
    /// An object described elsewhere in the document, by its name.
    case reference(String)

    public struct Property: Sendable, Hashable {
        public let name: String
        public let schema: Schema
        public let isRequired: Bool

        public init(_ name: String, _ schema: Schema, isRequired: Bool = true) {
            self.name = name
            self.schema = schema
            self.isRequired = isRequired
        }
    }
}

/// A type that says itself what it looks like in JSON, because decoding a sample cannot tell.
public protocol SchemaDescribing: Sendable {
    static var schema: Schema { get }
    /// Any valid value, so that types that contain this one can be looked at.
    static var sample: Self { get }
}

extension Schema {
    var json: JSONDocument {
        switch self {
        case .any: [:]
        case .boolean: ["type": "boolean"]
        case .integer(let format): Self.typed("integer", format: format)
        case .number: ["type": "number"]
        case .string(let format, let values): Self.typed("string", format: format, values: values)
        case .array(let element): ["type": "array", "items": element.json]
        case .map(let element): ["type": "object", "additionalProperties": element.json]
        case .reference(let name): ["$ref": .text("#/components/schemas/\(name)")]
        case .object(let properties): Self.object(properties)
        }
    }

    private static func typed(_ type: String, format: String?, values: [String] = []) -> JSONDocument {
        var members: [String: JSONDocument] = ["type": .text(type)]
        if let format { members["format"] = .text(format) }
        if !values.isEmpty { members["enum"] = .list(values.map { .text($0) }) }
        return .object(members)
    }

    private static func object(_ properties: [Property]) -> JSONDocument {
        var members: [String: JSONDocument] = ["type": "object"]
        if !properties.isEmpty {
            members["properties"] = .object(
                Dictionary(properties.map { ($0.name, $0.schema.json) }) { first, _ in first })
        }
        let required = properties.filter(\.isRequired).map { JSONDocument.text($0.name) }
        if !required.isEmpty { members["required"] = .list(required) }
        return .object(members)
    }
}

extension Timestamp: SchemaDescribing {
    public static var schema: Schema { .string(format: "date-time") }
    public static var sample: Timestamp { Timestamp(milliseconds: 0) }
}

extension Currency: SchemaDescribing {
    public static var schema: Schema { .string(format: "iso-4217") }
    public static var sample: Currency { Currency(code: "USD")! }
}

extension JSONDocument: SchemaDescribing {
    public static var schema: Schema { .any }
    public static var sample: JSONDocument { .null }
}

/// Describes a type's JSON as a JSON Schema 2020-12 document.
public enum JSONSchema {
    public static let contentType = "application/schema+json"

    /// Returns the same bytes for the same type. The objects within it are under `$defs`.
    public static func document(of type: any Decodable.Type, title: String) -> Data {
        let probe = SchemaProbe()
        let root = probe.schema(of: type)
        var definitions = probe.definitions
        var own: [String: JSONDocument] = [:]
        if case .reference(let name) = root, let schema = definitions.removeValue(forKey: name),
            case .object(let members) = schema.json
        {
            own = members
        }
        own["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        own["title"] = .text(title)
        if !definitions.isEmpty { own["$defs"] = .object(definitions.mapValues(\.json)) }
        return JSONDocument.object(own).rebased.canonicalBytes
    }
}

extension JSONDocument {
    private static let components = "#/components/schemas/"

    /// Encodes the document, always to the same bytes: members stand in the order of their names.
    package var canonicalBytes: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Text, numbers and containers of them: encoding them cannot fail.
        return try! encoder.encode(self)
    }

    /// With references into this document rather than into an OpenAPI one.
    fileprivate var rebased: JSONDocument {
        switch self {
        case .list(let elements): .list(elements.map(\.rebased))
        case .object(let members):
            .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { key, value in
                        guard key == "$ref", case .text(let text) = value, text.hasPrefix(Self.components) else {
                            return (key, value.rebased)
                        }
                        return (key, .text("#/$defs/" + text.dropFirst(Self.components.count)))
                    }))
        default: self
        }
    }
}
