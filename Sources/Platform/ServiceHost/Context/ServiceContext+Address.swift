extension ServiceContext {
    /// Somebody outside of the shop by URL, for callbacks whose receiver is configured; `nil` where it is no absolute
    /// URL. Returns its path and query beside the peer.
    public func address(_ url: String) -> (peer: Peer, path: String)? {
        guard let scheme = url.firstRange(of: "://"), !url[..<scheme.lowerBound].isEmpty else { return nil }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty else { return nil }
        let target = url[authority.endIndex...]
        return (
            Peer(name: String(authority), baseURL: String(url[..<authority.endIndex]), transport: outsideTransport),
            target.hasPrefix("/") ? String(target) : "/" + target
        )
    }
}
