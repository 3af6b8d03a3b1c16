import HTTP

/// A request target (RFC 9112 §3.2), taken apart by bytes and checked once, so that no rule in front of a route and no
/// route behind it reads another path than this one.
///
/// Refused are dot segments, encoded ones too, parameters of segments (`;`), fragments, encoded control characters and
/// backslashes, escapes that are none, and what is not UTF-8. What is left is passed on as it came.
struct RequestTarget {
    typealias Bytes = UnsafeBufferPointer<UInt8>
    let path: String
    let query: String
    /// The authority of a target in absolute form, which proxies get.
    let authority: String?

    init(_ target: Bytes, method: HTTPMethod, maximumQueryItems: Int) throws(Refusal) {
        guard let first = target.first else { throw .malformed("target", "is missing") }
        guard method.rawValue != "CONNECT" else { throw Refusal(501, "This server is no tunnel") }
        if first == UInt8(ascii: "*"), target.count == 1, method == .options {
            (path, query, authority) = ("*", "", nil)
            return
        }
        var rest = target
        var authority: String?
        if first != UInt8(ascii: "/") { (authority, rest) = try Self.absolute(target) }
        let mark = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        let (path, query) = (Bytes(rebasing: rest[..<mark]), Bytes(rebasing: rest[mark...].dropFirst()))
        try Self.checkPath(path)
        try Self.checkQuery(query, maximumItems: maximumQueryItems)
        self.path = path.isEmpty ? "/" : Syntax.text(path)
        self.query = Syntax.text(query)
        self.authority = authority
    }

    private static func absolute(_ target: Bytes) throws(Refusal) -> (String, Bytes) {
        guard let colon = target.firstIndex(of: UInt8(ascii: ":")), colon + 2 < target.count,
            Syntax.isName(Bytes(rebasing: target[..<colon]), "http")
                || Syntax.isName(Bytes(rebasing: target[..<colon]), "https"),
            target[colon + 1] == UInt8(ascii: "/"), target[colon + 2] == UInt8(ascii: "/")
        else { throw .malformed("target", "is not a path") }
        let rest = target[(colon + 3)...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let authority = Bytes(rebasing: rest[..<end])
        guard Authority.isValid(authority) else { throw .malformed("target", "has a host that cannot be read") }
        return (Syntax.text(authority), Bytes(rebasing: rest[end...]))
    }

    private static func checkPath(_ path: Bytes) throws(Refusal) {
        var index = 0
        var hasOtherLetters = false
        // Of the segment so far, decoded.
        var (count, dots) = (0, 0)
        while index < path.count {
            var byte = path[index]
            index += 1
            if byte == UInt8(ascii: "/") {
                try checkSegment(count, dots)
                (count, dots) = (0, 0)
                continue
            }
            if byte == UInt8(ascii: "%") {
                guard let value = Syntax.escape(path, at: index - 1) else {
                    throw .malformed("path", "contains a percent sign that escapes nothing")
                }
                guard value >= 0x20, value != 0x7F, value != UInt8(ascii: "\\") else {
                    throw .malformed("path", "contains an encoded control character or backslash")
                }
                byte = value
                index += 2
                if value >= 0x80 { hasOtherLetters = true }
                if value == UInt8(ascii: "/") {
                    // A server behind may decode it first and then go upwards: `/shop/..%2Fadmin`.
                    try checkSegment(count, dots)
                    (count, dots) = (0, 0)
                    continue
                }
            } else if !isPathByte(byte) {
                throw .malformed("path", "contains characters that must be encoded")
            }
            count += 1
            if byte == UInt8(ascii: ".") { dots += 1 }
        }
        try checkSegment(count, dots)
        if hasOtherLetters { try checkText(path) }
    }

    private static func checkSegment(_ count: Int, _ dots: Int) throws(Refusal) {
        guard count == 0 || count > 2 || count != dots else { throw .malformed("path", "contains . or .. as a part") }
    }

    /// `pchar` of RFC 3986 §3.3 without `;`.
    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="),
            UInt8(ascii: ":"), UInt8(ascii: "@"):
            true
        default: Syntax.isUnreserved(byte)
        }
    }

    private static func checkText(_ path: Bytes) throws(Refusal) {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            if path[index] == UInt8(ascii: "%"), let value = Syntax.escape(path, at: index) {
                decoded.append(value)
                index += 3
            } else {
                decoded.append(path[index])
                index += 1
            }
        }
        guard String(validating: decoded, as: UTF8.self) != nil else { throw .malformed("path", "is not UTF-8") }
    }

    /// Printable ASCII, as browsers send it, without `#`, quotes and angle brackets.
    private static func checkQuery(_ query: Bytes, maximumItems: Int) throws(Refusal) {
        var items = 1
        for index in query.indices {
            switch query[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"):
                throw .malformed(argument(query, at: index), "contains characters that must be encoded")
            case UInt8(ascii: "%") where Syntax.escape(query, at: index) == nil:
                throw .malformed(argument(query, at: index), "contains a percent sign that escapes nothing")
            case UInt8(ascii: "&"):
                items += 1
                guard items <= maximumItems else {
                    throw .malformed("query", "has more than \(maximumItems) parts")
                }
            case 0x21...0x7E: break
            default: throw .malformed(argument(query, at: index), "contains characters that must be encoded")
            }
        }
    }

    /// The name of the argument in whose value the byte at `index` is; `query` if it is in a name.
    private static func argument(_ query: Bytes, at index: Int) -> String {
        let start = query[..<index].lastIndex(of: UInt8(ascii: "&")).map { $0 + 1 } ?? 0
        guard let end = query[start..<index].firstIndex(of: UInt8(ascii: "=")), (1...longestName).contains(end - start)
        else { return "query" }
        return Syntax.text(Bytes(rebasing: query[start..<end]))
    }

    private static let longestName = 64
}
