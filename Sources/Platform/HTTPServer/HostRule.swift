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
