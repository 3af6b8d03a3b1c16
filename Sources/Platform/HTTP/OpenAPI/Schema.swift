/// What a JSON value may be, as far as OpenAPI 3.1 (JSON Schema 2020-12) is to say it.
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
    var json: JSONValue {
        switch self {
        case .any: [:]
        case .boolean: ["type": "boolean"]
        case .integer(let format): Self.typed("integer", format: format)
        case .number: ["type": "number"]
        case .string(let format, let values): Self.typed("string", format: format, values: values)
        case .array(let element): ["type": "array", "items": element.json]
        case .map(let element): ["type": "object", "additionalProperties": element.json]
        case .reference(let name): ["$ref": .string("#/components/schemas/\(name)")]
        case .object(let properties): Self.object(properties)
        }
    }

    private static func typed(_ type: String, format: String?, values: [String] = []) -> JSONValue {
        var members: [String: JSONValue] = ["type": .string(type)]
        if let format { members["format"] = .string(format) }
        if !values.isEmpty { members["enum"] = .array(values.map { .string($0) }) }
        return .object(members)
    }

    private static func object(_ properties: [Property]) -> JSONValue {
        var members: [String: JSONValue] = ["type": "object"]
        if !properties.isEmpty {
            members["properties"] = .object(
                Dictionary(properties.map { ($0.name, $0.schema.json) }) { first, _ in first })
        }
        let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { members["required"] = .array(required) }
        return .object(members)
    }
}
