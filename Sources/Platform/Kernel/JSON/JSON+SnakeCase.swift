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

    public static func decodeSnakeCase<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        try snakeCaseDecoder.decode(type, from: data)
    }

    /// Numbers are taken where text is meant, and the other way round; not for types that contain dictionaries.
    public static func decodeSnakeCaseLeniently<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        try snakeCaseDecoder.decode(Lenient<Value>.self, from: data).value
    }

    private static var snakeCaseDecoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
