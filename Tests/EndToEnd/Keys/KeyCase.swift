import Testing

/// An `Idempotency-Key` as it is sent, and what draft-ietf-httpapi-idempotency-key-header says of it.
struct KeyCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// The values of the header, one for each time it is sent.
    let sent: [[UInt8]]
    let isRight: Bool

    var testDescription: String { name }

    private init(_ name: String, _ sent: String..., isRight: Bool) {
        self.init(name, bytes: sent.map { Array($0.utf8) }, isRight: isRight)
    }

    private init(_ name: String, bytes: [[UInt8]], isRight: Bool) {
        (self.name, sent, self.isRight) = (name, bytes, isRight)
    }

    static let all = [
        KeyCase("empty", "", isRight: false),
        KeyCase("spaces only", "   ", isRight: false),
        KeyCase("quotes around nothing", #""""#, isRight: false),
        KeyCase("255 characters", String(repeating: "k", count: 255), isRight: true),
        KeyCase("255 quoted characters", "\"" + String(repeating: "q", count: 255) + "\"", isRight: true),
        KeyCase("256 characters", String(repeating: "k", count: 256), isRight: false),
        KeyCase("4000 characters", String(repeating: "k", count: 4000), isRight: false),
        KeyCase("a tab inside", "a\tb", isRight: false),
        KeyCase("a bell", "a\u{7}b", isRight: false),
        KeyCase("a delete", "a\u{7F}b", isRight: false),
        KeyCase("sent twice, the same", "twice", "twice", isRight: false),
        KeyCase("sent twice, different", "one", "other", isRight: false),
        KeyCase("two in one", "a, b", isRight: false),
        KeyCase("two quoted in one", #""a", "b""#, isRight: false),
        KeyCase("no closing quote", #""open"#, isRight: false),
        KeyCase("an escape of nothing", #""a\n""#, isRight: false),
        KeyCase("a quote inside", #"a"b"#, isRight: false),
        KeyCase("escaped quotes", #""a \"b\" c""#, isRight: true),
        KeyCase("parameters", #""key";v=1"#, isRight: true),
        KeyCase("words and spaces around", "  two words  ", isRight: true),
        KeyCase("a UUID", "8e03978e-40d5-43dd-bc93-6894a57f9324", isRight: true),
        // RFC 9651 §3.3.3: a string is of printable ASCII.
        KeyCase("an umlaut", "schlüssel", isRight: false),
        KeyCase("a quoted emoji", "\"🔑\"", isRight: false),
        KeyCase("bytes that are no text", bytes: [[0x61, 0xFF, 0xFE]], isRight: false),
    ]
}
