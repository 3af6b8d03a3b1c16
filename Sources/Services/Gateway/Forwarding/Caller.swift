import HTTP

/// The client, and the address at which it reached the shop: as the socket says it, or a proxy that is trusted.
struct Caller: Sendable {
    /// The address of whoever began; `nil` if the request came without a socket.
    let address: String?
    let scheme: String
    /// Host and port as the caller wrote them.
    let host: String
    /// Whether the other end of the socket is a proxy whose word counts.
    let isFromTrustedProxy: Bool

    /// Fields in which proxies say for whom they ask. From anybody else they are not believed and not passed on.
    static let fields: Set<String> = [
        "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port",
        "x-forwarded-prefix", "x-real-ip",
    ]

    init(_ request: Request, trusted: [AddressRange]) {
        func isTrusted(_ text: some StringProtocol) -> Bool {
            guard let address = NetworkAddress(text) else { return false }
            return trusted.contains { $0.contains(address) }
        }
        let host = request.headers["Host"] ?? ""
        isFromTrustedProxy = !trusted.isEmpty && request.peerAddress.map { isTrusted($0) } == true
        guard isFromTrustedProxy else {
            (address, scheme, self.host) = (request.peerAddress, request.isEncrypted ? "https" : "http", host)
            return
        }
        let chain = Self.chain(request)
        // From the near end: the first that is no trusted proxy is whoever asks; what stands before it, they wrote.
        address = chain.last { !isTrusted($0) } ?? chain.first ?? request.peerAddress
        let protocols = Self.list(request, "X-Forwarded-Proto") + Self.parameters("proto", request)
        let isEncrypted = protocols.last.map { $0.lowercased() == "https" } ?? request.isEncrypted
        scheme = isEncrypted ? "https" : "http"
        let hosts = Self.list(request, "X-Forwarded-Host") + Self.parameters("host", request)
        self.host = hosts.last.flatMap { Self.isHost($0) ? $0 : nil } ?? host
    }

    var origin: String { scheme + "://" + host }

    /// The fields for the upstream: this hop behind those of trusted proxies (RFC 7239 §4 for `Forwarded`).
    func forwardedFields(for request: Request) -> [(name: String, value: String)] {
        func joined(_ name: String, _ last: String) -> String {
            ((isFromTrustedProxy ? request.headers.all(name) : []) + [last]).joined(separator: ", ")
        }
        let port = Self.port(of: host) ?? (scheme == "https" ? "443" : "80")
        let node =
            request.peerAddress.map { $0.contains(":") ? "\"[\($0)]\"" : $0 } ?? "unknown"
        var fields = [
            ("X-Forwarded-Host", host), ("X-Forwarded-Proto", scheme), ("X-Forwarded-Port", port),
            ("Forwarded", joined("Forwarded", "for=\(node);host=\"\(host)\";proto=\(scheme)")),
        ]
        if let peer = request.peerAddress { fields.append(("X-Forwarded-For", joined("X-Forwarded-For", peer))) }
        return fields
    }

    private static func chain(_ request: Request) -> [String] {
        let plain = list(request, "X-Forwarded-For")
        return (plain.isEmpty ? parameters("for", request) : plain).compactMap { node in
            // Perhaps with a port behind it.
            if NetworkAddress(node) != nil { return node }
            let colon = node.lastIndex(of: ":") ?? node.endIndex
            return NetworkAddress(node[..<colon]) == nil ? nil : String(node[..<colon])
        }
    }

    private static func list(_ request: Request, _ name: String) -> [String] {
        request.headers.all(name).flatMap { $0.split(separator: ",") }.map(\.trimmed).filter { !$0.isEmpty }
    }

    /// The values of one parameter of `Forwarded`, in their order.
    private static func parameters(_ name: String, _ request: Request) -> [String] {
        list(request, "Forwarded").flatMap { $0.split(separator: ";") }.compactMap { pair in
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            guard pair[..<equals].trimmed.lowercased() == name else { return nil }
            return pair[equals...].dropFirst().trimmed.filter { $0 != "\"" }
        }
    }

    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#\"\\<>@,;".utf8.contains($0) }
    }

    private static func port(of host: String) -> String? {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return nil }
        let digits = host[colon...].dropFirst()
        return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? String(digits) : nil
    }
}
