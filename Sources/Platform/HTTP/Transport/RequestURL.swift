/// An absolute `http` URL, taken apart without decoding.
struct RequestURL {
    /// Host, and port where one is given.
    let authority: Substring
    /// At least `/`.
    let path: String
    let query: String

    init?(_ text: String) {
        // By bytes, as a server on a socket would.
        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8),
            ["http", "https"].contains(text[..<colon].lowercased())
        else { return nil }
        let rest = bytes[colon...].dropFirst(3).prefix { $0 != UInt8(ascii: "#") }
        let host = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard !host.isEmpty else { return nil }
        authority = Substring(host)
        let target = rest[host.endIndex...]
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        path = mark == target.startIndex ? "/" : String(Substring(target[..<mark]))
        query = String(Substring(target[mark...].dropFirst()))
    }
}
