/// What both the service that takes an address and the one that sends to it hold for one.
public enum EmailAddress {
    /// One `@` with something on both sides, plain ASCII without white space, quotes and brackets; at most 254
    /// characters (RFC 5321 §4.5.3.1.3). Whether it exists only a mail can tell. Addresses beyond ASCII (RFC 6531) are
    /// refused: few servers take them.
    public static func isPlausible(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254
            && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) && !"<>,;\"\\".utf8.contains($0) }
    }
}
