public import HTTP

/// A client's name for one request, from the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07).
public struct IdempotencyKey: Sendable, Hashable {
    public static let header = "Idempotency-Key"
    public static let maximumLength = 255

    /// The sender: two clients may use one key without knowing of each other.
    public let client: String
    /// The key itself, without quotes.
    public let value: String

    public init(client: String, value: String) {
        self.client = client
        self.value = value
    }

    /// Reads the header: a structured-field string in quotes, or a bare value. Gives `nil` when there is none.
    /// Throws a 400 `Problem` when it is sent twice or is malformed, and when it is `required` and missing.
    public init?(_ headers: Headers, client: String, required: Bool = false) throws(Problem) {
        let values = headers.all(Self.header)
        guard let text = values.first else {
            guard required else { return nil }
            throw Self.problem("is required")
        }
        guard values.count == 1 else { throw Self.problem("must be sent once") }
        self.init(client: client, value: try Self.parse(text))
    }

    /// Reads the header of a request, in the space of keys of its caller; requests of nobody in particular share one.
    public init?(_ request: Request, required: Bool = false) throws(Problem) {
        try self.init(request.headers, client: request.caller?.qualifiedName ?? "", required: required)
    }

    /// The identifier that it is stored by. The client's part is escaped, so that no two pairs share an id.
    var id: String {
        let client = client.contains { "|%".contains($0) } ? escaped(client) : client
        return "\(client)|\(value)"
    }

    static func parse(_ text: String) throws(Problem) -> String {
        // What a string is made of (RFC 9651 §3.3.3). Beyond it, bytes that are no text would all read as one character,
        // and two keys as one.
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw problem("must consist of printable ASCII characters")
        }
        let trimmed = text.utf8.drop { $0 == UInt8(ascii: " ") }
        let value = trimmed.first == UInt8(ascii: "\"") ? try quoted(trimmed.dropFirst()) : try bare(trimmed)
        guard !value.isEmpty else { throw problem("must not be empty") }
        guard value.count <= maximumLength else { throw problem("must have at most \(maximumLength) characters") }
        return String(decoding: value, as: UTF8.self)
    }

    /// Between quotes, a backslash stands before a quote or another backslash only (RFC 9651 §3.3.3).
    private static func quoted(_ text: Substring.UTF8View) throws(Problem) -> [UInt8] {
        var value: [UInt8] = []
        var rest = text
        while let character = rest.popFirst() {
            switch character {
            case UInt8(ascii: "\""):
                // Parameters may follow; they say nothing about the key.
                let after = rest.drop { $0 == UInt8(ascii: " ") }
                guard after.isEmpty || after.first == UInt8(ascii: ";") else { throw problem("must be a single value") }
                return value
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst(), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") else {
                    throw problem("has a backslash that escapes nothing")
                }
                value.append(next)
            default: value.append(character)
            }
        }
        throw problem("has no closing quote")
    }

    private static func bare(_ text: Substring.UTF8View) throws(Problem) -> [UInt8] {
        // A comma may be a proxy's joining of two headers.
        guard !text.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else {
            throw problem("must be a single value")
        }
        var value = Array(text)
        while value.last == UInt8(ascii: " ") { value.removeLast() }
        return value
    }

    private static func problem(_ message: String) -> Problem { .invalid(header, message) }

    private func escaped(_ text: String) -> String {
        text.reduce(into: "") { $0 += $1 == "|" ? "%7C" : $1 == "%" ? "%25" : String($1) }
    }
}

extension IdempotencyKey {
    /// Whether a request must carry a key.
    public enum Presence: Sendable, Hashable {
        case optional, required
    }
}

extension DescribedRoute {
    /// Declares that the route reads an `Idempotency-Key`.
    public func idempotencyKey(_ presence: IdempotencyKey.Presence) -> Self {
        requestHeader(IdempotencyKey.header, isRequired: presence == .required)
    }
}
