public import HTTP
import Kernel

/// Collects what is wrong with a request, so that its sender learns all of it at once.
public struct FieldErrors: Sendable {
    public private(set) var fields: [Problem.Field] = []

    public init() {}

    public mutating func require(_ condition: Bool, _ field: String, _ message: String) {
        if !condition { fields.append(.init(field: field, message: message)) }
    }

    /// Text of that many characters in one line, of which at least one is seen, without control characters and such that
    /// reorder text. Missing text is in order.
    public mutating func require(_ text: String?, _ field: String, length: ClosedRange<Int>) {
        guard let text else { return }
        require(
            length.contains(text.unicodeScalars.count) && !text.unicodeScalars.allSatisfy(\.isInvisible), field,
            "must have \(length.lowerBound) to \(length.upperBound) characters")
        require(
            !text.unicodeScalars.contains(where: \.endsOrControlsLine), field, "must not contain control characters")
        require(
            !text.unicodeScalars.contains(where: \.reordersText), field,
            "must not contain characters that change the direction of text")
    }

    /// Throws the 400 that names every field, where there is one to name.
    public func check() throws(Problem) {
        guard fields.isEmpty else { throw .invalid(fields) }
    }
}

/// Reads the members of an object one after the other and goes on past those that cannot be read, so that its sender
/// learns all of them at once. A member that is missing or `null` is `nil` and no error: what is required is the reader's
/// to say.
public struct FieldReader<Key: CodingKey> {
    /// The faults of members, each by its path from the root: `items[0].qty`.
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
