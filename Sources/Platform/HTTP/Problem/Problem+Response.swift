import Kernel

extension Problem {
    /// The answer that carries it. `instance` is the path of the request it is about.
    public func response(instance: String? = nil) -> Response {
        let document = Document(
            type: type, title: title, status: status, detail: detail, instance: instance,
            errors: errors.isEmpty ? nil : errors, look: look, dependency: dependency)
        // Text and whole numbers only: encoding them cannot fail.
        let body = try! JSON.encode(document)
        var headers = headers
        headers["Content-Type"] = Self.contentType
        if let look, headers["Location"] == nil { headers["Location"] = look }
        if let retryAfter { headers["Retry-After"] = String(max(1, Int(retryAfter.seconds.rounded(.up)))) }
        return Response(status: status, headers: headers, body: body)
    }

    public static let contentType = "application/problem+json"

    /// The members of RFC 9457 §3.1, `errors`, `look` and `dependency`.
    struct Document: Codable {
        let type: String
        let title: String
        let status: Int
        let detail: String?
        let instance: String?
        let errors: [Field]?
        let look: String?
        let dependency: String?
    }

    /// Reads what another server sent as problem details; `nil` if the answer holds none.
    public init?(_ response: Response) {
        guard response.headers["Content-Type"]?.hasPrefix(Self.contentType) == true,
            let document = try? JSON.decode(Document.self, from: response.body)
        else { return nil }
        self.init(
            status: response.status, title: document.title, detail: document.detail, type: document.type,
            errors: document.errors ?? [],
            retryAfter: response.headers["Retry-After"].flatMap { Int($0) }.map { .seconds($0) })
        look = document.look
        dependency = document.dependency
    }
}
