import HTTP

/// The gateway's own bounds on requests, beside those of every listener.
package enum GatewayLimits {
    /// How often a route may send a request on to another path of the gateway's own.
    package static let forwards = 3
    /// A request that has come through as many gateways of that name goes in circles.
    package static let vias = 8
}

/// Which names of a request's header fields reach routes and upstreams.
enum HeaderNames: String, Sendable, CaseIterable {
    /// Names of letters, digits and hyphens, as nginx has it by default.
    case plain
    /// Every name that HTTP allows, but for those that some server takes for a field that the gateway sets or leaves out.
    case any

    /// Drops the other fields. Many servers behind a gateway (CGI, WSGI, PHP) read `Content_Length` as `Content-Length` and
    /// `X_Forwarded_For` as `X-Forwarded-For`: a caller could say to them what the gateway would not pass on.
    func filter(_ headers: Headers) -> Headers {
        guard headers.fields.contains(where: { !Self.isPlain($0.name) }) else { return headers }
        var kept = Headers()
        kept.reserveCapacity(headers.fields.count)
        for field in headers.fields where admits(field.name) { kept.add(field.name, field.value) }
        return kept
    }

    private func admits(_ name: String) -> Bool {
        guard !Self.isPlain(name) else { return true }
        return self == .any && !Forwarding.isOwn(Self.plainForm(of: name))
    }

    private static func isPlain(_ name: String) -> Bool { name.utf8.allSatisfy(isPlain) }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The name that such a server reads, in small letters.
    static func plainForm(of name: String) -> String {
        String(decoding: name.lowercased().utf8.map { isPlain($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
    }
}
