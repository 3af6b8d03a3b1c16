public import HTTP

/// Protection against browsers, which send requests of foreign pages and store answers on disk.
public enum BrowserRule {
    /// Returns a 403 for a change that a page of another origin requests. Browsers send the origin of a page in a
    /// header that pages cannot set; other clients do not send it.
    public static func refusal(of request: Request) -> Response? {
        guard !request.method.isSafe, let origin = request.headers["Origin"] else { return nil }
        let own = [request.headers["Host"], request.headers["X-Forwarded-Host"]].compactMap { $0?.lowercased() }
        let parts = origin.lowercased().utf8.split(separator: UInt8(ascii: "/"))
        if let host = parts.last, parts.count == 2, own.contains(String(Substring(host))) { return nil }
        let problem = Problem(status: 403, detail: "A page of another origin may not change anything here")
        return problem.response(instance: request.path)
    }

    /// Adds `Cache-Control: no-store` unless a handler has set the header: answers carry customers' data.
    static func forbidStoring(_ response: inout Response) {
        if response.headers["Cache-Control"] == nil { response.headers.add("Cache-Control", "no-store") }
    }
}
