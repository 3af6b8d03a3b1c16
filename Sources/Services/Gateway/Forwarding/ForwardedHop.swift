import HTTP

/// The request that one proxy got, in its own words: from where, by which scheme, for which host. `nil` if it does not say.
struct ForwardedHop: Sendable, Hashable {
    var address: String?
    var scheme: String?
    var host: String?

    /// The hops of a request, the nearest proxy's last, from one family of fields only: a proxy that writes one family lets
    /// the other one pass as the client wrote it. `X-Forwarded-…` are read if there are any, since most proxies write
    /// these.
    static func all(in request: Request) -> [ForwardedHop] {
        let plain = plainHops(request)
        return plain.isEmpty ? list(request, "Forwarded").map(hop) : plain
    }

    /// `X-Forwarded-For` has an element for each proxy. The other fields have as many, or fewer if proxies replace them:
    /// they are counted from the near end, which trusted proxies have written.
    private static func plainHops(_ request: Request) -> [ForwardedHop] {
        let addresses = list(request, "X-Forwarded-For")
        let schemes = list(request, "X-Forwarded-Proto")
        let hosts = list(request, "X-Forwarded-Host")
        guard !(addresses.isEmpty && schemes.isEmpty && hosts.isEmpty) else { return [] }
        return (0..<max(addresses.count, 1)).map { index in
            let fromEnd = max(addresses.count, 1) - 1 - index
            func element(_ list: [String]) -> String? { list.isEmpty ? nil : list[max(0, list.count - 1 - fromEnd)] }
            return ForwardedHop(
                address: index < addresses.count ? address(addresses[index]) : nil,
                scheme: element(schemes).map(scheme), host: element(hosts).flatMap(host))
        }
    }

    /// An element of `Forwarded` (RFC 7239 §4).
    private static func hop(_ element: String) -> ForwardedHop {
        var hop = ForwardedHop()
        for pair in element.split(separator: ";") {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            let value = pair[equals...].dropFirst().trimmed.filter { $0 != "\"" }
            switch pair[..<equals].trimmed.lowercased() {
            case "for": hop.address = address(value)
            case "proto": hop.scheme = scheme(value)
            case "host": hop.host = host(value)
            default: break
            }
        }
        return hop
    }

    private static func list(_ request: Request, _ name: String) -> [String] {
        request.headers.all(name).flatMap { $0.split(separator: ",") }.map(\.trimmed).filter { !$0.isEmpty }
    }

    /// An address, perhaps with a port behind it; `nil` for a name that stands for one, such as `unknown`.
    private static func address(_ node: String) -> String? {
        if NetworkAddress(node) != nil { return node }
        let colon = node.lastIndex(of: ":") ?? node.endIndex
        return NetworkAddress(node[..<colon]) == nil ? nil : String(node[..<colon])
    }

    private static func scheme(_ text: String) -> String { text.lowercased() == "https" ? "https" : "http" }

    private static func host(_ text: String) -> String? {
        let isHost =
            !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#\"\\<>@,;".utf8.contains($0) }
        return isHost ? text : nil
    }
}
