public import HTTP

/// Protection against browsers, which send requests of foreign pages and store answers on disk.
public enum BrowserRule {
    /// The header in which browsers say how the origin of the page is related to the request's (W3C Fetch Metadata).
    public static let relation = "Sec-Fetch-Site"

    /// Returns a 403 for a change that a page of another origin requests. Browsers send the origin of a page, and how it
    /// is related, in headers that pages cannot set; other clients do not send them.
    public static func refusal(of request: Request) -> Response? {
        guard !request.method.isSafe, !isOwn(request) else { return nil }
        let problem = Problem(status: 403, detail: "A page of another origin may not change anything here")
        return problem.response(instance: request.path)
    }

    private static func isOwn(_ request: Request) -> Bool {
        if let relation = request.headers[relation]?.lowercased(), relation != "same-origin", relation != "none" {
            return false
        }
        guard let origin = request.headers["Origin"] else { return true }
        let own = [request.headers["Host"], request.headers["X-Forwarded-Host"]].compactMap { $0?.lowercased() }
        let parts = origin.lowercased().utf8.split(separator: UInt8(ascii: "/"))
        guard let host = parts.last, parts.count == 2 else { return false }
        return own.contains(String(Substring(host)))
    }

    /// Adds `Cache-Control: no-store` unless a handler has set the header: answers carry customers' data.
    static func forbidStoring(_ response: inout Response) {
        if response.headers["Cache-Control"] == nil { response.headers.add("Cache-Control", "no-store") }
    }
}
