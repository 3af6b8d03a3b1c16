import FoundationEssentials
import Kernel

extension Request {
    /// The entity tags of a precondition, for example `If-None-Match` (RFC 9110 §13.1). Tags of this server contain no
    /// comma, so that cutting at commas loses none of them.
    package func entityTags(in header: String) -> [String] {
        headers.all(header).flatMap { line in
            line.split(separator: ",").map { $0.drop { $0 == " " } }.map { tag in
                String(tag.prefix(upTo: tag.lastIndex { $0 != " " }.map { tag.index(after: $0) } ?? tag.startIndex))
            }
        }
    }

    /// Whether a reader has that version already. The comparison is weak, as reading allows (RFC 9110 §13.1.2).
    package func knows(_ tag: String) -> Bool {
        entityTags(in: "If-None-Match").contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
    }
}

extension Response {
    /// Returns the strong entity tag of a body: its hash, the same in every process that answers these bytes.
    static func tag(of body: Data) -> String {
        var hash = FNV1a.of128Bits
        body.withUnsafeBytes { hash.add($0) }
        return "\"\(hexadecimal(hash.state))\""
    }

    /// Returns a success with the tag of its body, or 304 to a reader who has these bytes.
    func tagged(for request: Request) -> Response {
        guard status == 200, headers["ETag"] == nil else { return self }
        let tag = Self.tag(of: body)
        if request.knows(tag) { return Response(status: 304, headers: ["ETag": tag]) }
        var response = self
        response.headers.add("ETag", tag)
        return response
    }
}
