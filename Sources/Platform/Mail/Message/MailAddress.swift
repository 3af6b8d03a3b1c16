/// An address that can stand in a header and in an SMTP command without ending either: printable ASCII without blanks
/// and brackets, an `@` with something on both sides.
public struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// `nil` where the text is none.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && !"<>".utf8.contains($0) }),
            let at = text.lastIndex(of: "@"), at != text.startIndex, text.index(after: at) != text.endIndex
        else { return nil }
        self.text = text
    }

    public var domain: Substring { text[text.index(after: text.lastIndex(of: "@")!)...] }

    public var description: String { text }
}
