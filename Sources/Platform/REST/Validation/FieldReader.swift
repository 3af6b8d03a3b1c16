public import HTTP

/// Reads the members of an object one after the other and goes on past those that cannot be read, so that its sender
/// learns all of them at once. A member that is missing or `null` is `nil` and no error: what is required is the reader's
/// to say.
public struct FieldReader<Key: CodingKey> {
    /// What is wrong with which member, by its path from the root: `items[0].qty`.
    public private(set) var errors: [Problem.Field] = []
    private let container: KeyedDecodingContainer<Key>

    public init(_ decoder: any Decoder, keyedBy type: Key.Type = Key.self) throws {
        container = try decoder.container(keyedBy: type)
    }

    public mutating func read<Value: Decodable>(_ key: Key, as type: Value.Type = Value.self) throws -> Value? {
        do {
            return try container.decodeIfPresent(type, forKey: key)
        } catch let error as DecodingError {
            let fields = Problem(decoding: error).errors
            // Without a field, it is the body that is no JSON.
            guard !fields.isEmpty else { throw error }
            errors += fields
            return nil
        }
    }
}
