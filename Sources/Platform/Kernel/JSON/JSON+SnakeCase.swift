public import FoundationEssentials

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
