/// The request target (RFC 9112 §3.2), taken apart without decoding.
enum RequestTarget {
    /// The path and the query, of the origin form and of the absolute one that proxies get.
    static func split(_ target: String) -> (path: String, query: String) {
        guard target.utf8.first != UInt8(ascii: "/") else { return splitQuery(target[...]) }
        guard let colon = target.utf8.firstIndex(of: UInt8(ascii: ":")), target[colon...].hasPrefix("://") else {
            return splitQuery(target[...])
        }
        let rest = target[colon...].dropFirst(3)
        let start = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let (path, query) = splitQuery(rest[start...])
        return (path.isEmpty ? "/" : path, query)
    }

    private static func splitQuery(_ target: Substring) -> (String, String) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (String(target), "") }
        return (String(target[..<mark]), String(target[target.utf8.index(after: mark)...]))
    }
}
