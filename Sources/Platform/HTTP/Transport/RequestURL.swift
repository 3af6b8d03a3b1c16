/// An absolute `http` URL, taken apart without decoding.
struct RequestURL {
    /// Host, and port where one is given.
    let authority: Substring
    /// At least `/`.
    let path: String
    let query: String

    init?(_ text: String) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[colon...].hasPrefix("://"),
            ["http", "https"].contains(text[..<colon].lowercased())
        else { return nil }
        let rest = text[colon...].dropFirst(3).prefix { $0 != "#" }
        authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty else { return nil }
        let target = rest[authority.endIndex...]
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        path = mark == target.startIndex ? "/" : String(target[..<mark])
        query = String(target[mark...].dropFirst())
    }
}
