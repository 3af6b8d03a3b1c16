public import HTTP

/// What browsers make of a service: the pages of strangers may send to it, and what they get may be kept on disk.
public enum BrowserRule {
    /// 403 for a change that a page of another origin asks for. A browser says where a page comes from, and lets no page
    /// say otherwise; everybody else says nothing.
    public static func refusal(of request: Request) -> Response? {
        guard !request.method.isSafe, let origin = request.headers["Origin"] else { return nil }
        let own = [request.headers["Host"], request.headers["X-Forwarded-Host"]].compactMap { $0?.lowercased() }
        let parts = origin.lowercased().utf8.split(separator: UInt8(ascii: "/"))
        if let host = parts.last, parts.count == 2, own.contains(String(Substring(host))) { return nil }
        let problem = Problem(status: 403, detail: "A page of another origin may not change anything here")
        return problem.response(instance: request.path)
    }

    /// Answers carry customers' data: they are kept by nobody on the way, unless a handler says otherwise.
    static func forbidStoring(_ response: inout Response) {
        if response.headers["Cache-Control"] == nil { response.headers.add("Cache-Control", "no-store") }
    }
}
