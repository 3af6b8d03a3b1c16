public import HTTP

extension Request {
    /// Where the caller reached this server, for links: what a proxy says of it (`X-Forwarded-*`), else `Host`.
    public var baseURL: String {
        let scheme = headers["X-Forwarded-Proto"] ?? "http"
        let host = headers["X-Forwarded-Host"] ?? headers["Host"] ?? "localhost"
        return scheme + "://" + host
    }
}
