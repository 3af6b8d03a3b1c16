extension ServiceEnvironment {
    /// Somebody outside of the shop by URL, for callbacks whose receiver is configured; `nil` if it is no absolute
    /// URL. Returns its path and query beside the client.
    public func externalEndpoint(_ url: String) -> (client: ServiceClient, path: String)? {
        guard let scheme = url.firstRange(of: "://"), !url[..<scheme.lowerBound].isEmpty else { return nil }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty else { return nil }
        let target = url[authority.endIndex...]
        return (
            ServiceClient(
                name: String(authority), baseURL: String(url[..<authority.endIndex]), transport: plainExternalTransport),
            target.hasPrefix("/") ? String(target) : "/" + target
        )
    }
}
