public import FoundationEssentials

/// JSON as the product writes and reads it everywhere: members in the order of their declaration, those that are `nil`
/// left out, slashes unescaped; lenient in.
public enum JSON {
    public static func encode(_ value: some Encodable) throws -> Data {
        Data(try bytes(of: value))
    }

    /// UTF-8. Equal values give equal bytes, in every run.
    public static func bytes(of value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter()
        try writer.encode(value)
        return writer.text.pointee.bytes
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
