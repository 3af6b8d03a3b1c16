/// Which hosts a server answers for.
///
/// A page of a stranger that a browser on this machine shows can reach loopback by a name of its own that leads there
/// (DNS rebinding), but it cannot choose the `Host` field: that is its own name. So over loopback only addresses,
/// `localhost`, names without a dot (as containers call each other) and the names that are configured are answered for.
/// Elsewhere every name is, unless names are configured.
public struct HostRule: Sendable, Hashable {
    /// In lower case; `*` allows every name.
    public let names: Set<String>

    public init(names: [String] = []) {
        self.names = Set(names.map { $0.lowercased() })
    }

    func allow(_ authority: String?, isLoopback: Bool) -> Bool {
        guard let authority, isLoopback || !names.isEmpty else { return true }
        let host = Authority.host(of: authority)
        if names.contains(host) || names.contains("*") || Self.isAddress(host) { return true }
        return !host.utf8.contains(UInt8(ascii: ".")) || host.hasSuffix(".localhost")
    }

    private static func isAddress(_ host: String) -> Bool {
        host.utf8.first == UInt8(ascii: "[") || host.utf8.allSatisfy { Syntax.isDigit($0) || $0 == UInt8(ascii: ".") }
    }
}

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
