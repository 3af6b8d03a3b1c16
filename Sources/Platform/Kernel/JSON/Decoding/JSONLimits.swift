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
