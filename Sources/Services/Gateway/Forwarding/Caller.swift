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
        let own = (scheme: request.isEncrypted ? "https" : "http", host: request.headers["Host"] ?? "")
        var (address, scheme, host) = (request.peerAddress, own.scheme, own.host)
        isFromTrustedProxy = !trusted.isEmpty && address.map { isTrusted($0) } == true
        if isFromTrustedProxy {
            // From the near end: the first that is no trusted proxy is whoever asks; what stands before it, they wrote.
            for hop in ForwardedHop.all(in: request).reversed() {
                address = hop.address ?? address
                (scheme, host) = (hop.scheme ?? own.scheme, hop.host ?? own.host)
                guard let proxy = hop.address, isTrusted(proxy) else { break }
            }
        }
        (self.address, self.scheme, self.host) = (address, scheme, host)
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

    private static func port(of host: String) -> String? {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return nil }
        let digits = host[colon...].dropFirst()
        return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? String(digits) : nil
    }
}
