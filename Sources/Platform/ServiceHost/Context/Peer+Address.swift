extension Peer {
    /// The same way out, to another address: for callbacks whose receiver is configured by URL.
    /// `url` is absolute; `nil` where it is not. Returns the path and query beside the peer.
    public func at(_ url: String) -> (peer: Peer, path: String)? {
        guard let scheme = url.firstRange(of: "://"), !url[..<scheme.lowerBound].isEmpty else { return nil }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty else { return nil }
        let target = url[authority.endIndex...]
        return (
            Peer(name: String(authority), baseURL: String(url[..<authority.endIndex]), transport: transport),
            target.hasPrefix("/") ? String(target) : "/" + target
        )
    }
}
