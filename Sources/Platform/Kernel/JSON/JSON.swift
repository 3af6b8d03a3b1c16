public import FoundationEssentials

/// JSON as the product writes and reads it everywhere: members in the order of their declaration, those that are `nil`
/// left out, slashes unescaped; lenient in, within limits.
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

    /// Strict: for what the product itself wrote. Throws `DecodingError` whose coding path names the field; without a
    /// path the text is not JSON (RFC 8259), names a member twice, or goes beyond the limits.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from data: Data, limits: JSONLimits = .document
    ) throws -> Value {
        try decode(type, data, limits, .init())
    }

    /// For what people and other systems send: `"10"` is accepted where the number 10 is meant, as Jackson does, and a
    /// number where text is meant, digit by digit.
    public static func decodeLeniently<Value: Decodable>(
        _ type: Value.Type, from data: Data, limits: JSONLimits = .request
    ) throws -> Value {
        try decode(type, data, limits, .init(isLenient: true))
    }

    /// Throws `DecodingError` unless the bytes are one JSON text within the limits.
    public static func check(_ data: Data, limits: JSONLimits = .document) throws {
        _ = try JSONInput(data, limits: limits, options: .init())
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, _ data: Data, _ limits: JSONLimits, _ options: JSONInput.Options
    ) throws -> Value {
        let input = try JSONInput(data, limits: limits, options: options)
        return try JSONValueDecoder(input: input, index: 0, path: .root).value(type)
    }
}
