import CMicroHTTPD
import FoundationEssentials
import HTTP

extension Request {
    /// Takes over what the daemon has read of a request.
    init(_ exchange: Exchange) {
        self.init(
            method: exchange.method, path: exchange.path, rawQuery: exchange.query, headers: Headers(exchange.raw),
            body: exchange.body)
    }
}

extension Headers {
    fileprivate init(_ raw: OpaquePointer) {
        self.init()
        reserveCapacity(Int(MHD_get_connection_values(raw, .HEADER_KIND, nil, nil)))
        withUnsafeMutablePointer(to: &self) { headers in
            _ = MHD_get_connection_values(
                raw, .HEADER_KIND,
                { context, _, name, value in
                    guard let context, let name else { return .NO }
                    context.assumingMemoryBound(to: Headers.self).pointee.add(
                        String(cString: name), value.map { String(cString: $0) } ?? "")
                    return .YES
                }, headers)
        }
    }
}

extension Method {
    /// The named methods cost nothing; others are kept as they came.
    init(_ name: UnsafePointer<CChar>) {
        self = Method(rawValue: String(cString: name))
    }
}
