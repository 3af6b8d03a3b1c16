/// Host and port (RFC 3986 §3.2), strictly: a name of letters, digits, `-`, `_` and `.`, or an address.
enum Authority {
    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard (1...255).contains(bytes.count) else { return false }
        var end = bytes.count
        var digits = end
        while digits > 0, Syntax.isDigit(bytes[digits - 1]) { digits -= 1 }
        if digits > 0, bytes[digits - 1] == UInt8(ascii: ":") {
            guard end - digits <= 5 else { return false }
            end = digits - 1
        }
        let host = bytes[..<end]
        guard let first = host.first else { return false }
        if first == UInt8(ascii: "[") { return isAddress(host) }
        return host.allSatisfy { Syntax.isUnreserved($0) && $0 != UInt8(ascii: "~") }
    }

    /// Without its port and in lower case.
    static func host(of authority: String) -> String {
        let bytes = authority.utf8
        if bytes.first == UInt8(ascii: "["), let end = bytes.firstIndex(of: UInt8(ascii: "]")) {
            return String(authority[...end]).lowercased()
        }
        return String(authority.prefix { $0 != ":" }).lowercased()
    }

    private static func isAddress(_ host: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard host.count > 3, host.last == UInt8(ascii: "]") else { return false }
        return host.dropFirst().dropLast().allSatisfy {
            Syntax.hexadecimal($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }
    }
}
