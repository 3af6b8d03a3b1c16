public import FoundationEssentials

/// JSON as the product writes and reads it everywhere: sorted keys never, slashes unescaped, lenient in.
public enum JSON {
    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return try encoder.encode(value)
    }

    /// Strict: for what the product itself wrote.
    public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        try JSONDecoder().decode(type, from: data)
    }

    /// For what people and other systems send: `"10"` is accepted where the number 10 is meant, as Jackson does.
    /// Throws `DecodingError` whose coding path names the field.
    public static func decodeLeniently<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        try JSONDecoder().decode(Lenient<Value>.self, from: data).value
    }
}
