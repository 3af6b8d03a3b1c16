public import FoundationEssentials
import Kernel

/// Files that the program carries in itself, served under one path: a web page with its scripts and styles.
///
/// Browsers keep them and ask each time whether they are still the same (`ETag`), so that a new version of the program
/// is seen at once. The page may load nothing from elsewhere, and runs no script that stands in its text.
public struct StaticFiles: Sendable {
    struct File: Sendable {
        let contentType: String
        let tag: String
        let body: Data
    }
    /// Shown for the path of the folder itself.
    static let indexName = "index.html"
    private let files: [String: File]

    /// `files` are contents by their names, whose endings decide the content types.
    public init(_ files: [String: Data]) {
        self.files = Dictionary(
            uniqueKeysWithValues: files.map { name, body in
                (name, File(contentType: Self.contentType(of: name), tag: Self.tag(of: body), body: body))
            })
    }

    /// Returns the route of all files below `path`, for example `/dashboard`.
    public func route<Owner>(at path: String, summary: String) -> RouteDeclaration<Owner> {
        .get(path + "/**", summary: summary, statuses: [200, 304, 308, 404]) { _, request in
            try answer(to: request)
        }
    }

    private func answer(to request: Request) throws -> Response {
        let name: String = try request.parameter(PathPattern.restName)
        if name.isEmpty, request.path.utf8.last != UInt8(ascii: "/") {
            // Links of the page are relative to its folder. This one too: a proxy may have put a prefix before the path.
            let folder = request.path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
            let query = request.rawQuery.isEmpty ? "" : "?" + request.rawQuery
            return Response(status: 308, headers: ["Location": folder + "/" + query])
        }
        guard let file = files[name.isEmpty ? Self.indexName : name] else {
            throw Problem(status: 404, detail: "There is no file \(name) here")
        }
        var headers: Headers = [
            "ETag": file.tag, "Cache-Control": "no-cache", "Content-Security-Policy": Self.contentSecurityPolicy,
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        ]
        if request.knows(file.tag) { return Response(status: 304, headers: headers) }
        headers.add("Content-Type", file.contentType)
        return Response(status: 200, headers: headers, body: file.body)
    }

    private static func tag(of body: Data) -> String {
        var builder = EntityTagBuilder()
        body.withUnsafeBytes { builder.add($0) }
        return builder.tag
    }

    /// Scripts, styles, images and requests of the page's own origin, and nothing else; no frame of another page may
    /// show it.
    static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'
        """

    private static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}
