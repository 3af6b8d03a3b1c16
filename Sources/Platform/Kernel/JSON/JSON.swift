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

/// JSON whose members are written `like_this`, as other companies' interfaces have them. The keys of dictionaries stay
/// as they are.
extension JSON {
    /// Members in the order of their names, so that equal values are equal bytes.
    public static func encodeSnakeCase(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(value)
    }

    public static func decodeSnakeCase<Value: Decodable>(
        _ type: Value.Type, from data: Data, limits: JSONLimits = .document
    ) throws -> Value {
        try decode(type, data, limits, .init(isSnakeCase: true))
    }

    /// Numbers are taken where text is meant, and the other way round.
    public static func decodeSnakeCaseLeniently<Value: Decodable>(
        _ type: Value.Type, from data: Data, limits: JSONLimits = .document
    ) throws -> Value {
        try decode(type, data, limits, .init(isLenient: true, isSnakeCase: true))
    }
}

/// Bounds on a JSON text. They are checked while the text is read, before anything is made of it.
public struct JSONLimits: Sendable, Hashable {
    /// Bytes of the whole text.
    public var bytes: Int
    /// Objects and lists inside each other.
    public var depth: Int
    /// Objects, lists and scalars, all together; names of members are not counted.
    public var values: Int
    /// Bytes of one text or name, as it is written.
    public var text: Int
    /// Characters of one number.
    public var number: Int

    public init(
        bytes: Int = 64 << 20, depth: Int = 64, values: Int = 1_000_000, text: Int = 16 << 20, number: Int = 128
    ) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
        self.text = text
        self.number = number
    }

    /// For what the shop itself wrote, and for callbacks and answers of others.
    public static let document = JSONLimits()
    /// For what strangers send as the body of a request, whose bytes the listener bounds.
    public static let request = JSONLimits(depth: 32, values: 20_000, text: 64 << 10)
}

/// Says why bytes are not JSON (RFC 8259), or more of it than the limits allow.
struct JSONFault: Error, CustomStringConvertible {
    var description: String { "\(reason), at byte \(position)" }

    let reason: String
    let position: Int

    /// A decoding error without a coding path: the fault is the text's, not a field's.
    var decodingError: DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "\(reason), at byte \(position)"))
    }
}
