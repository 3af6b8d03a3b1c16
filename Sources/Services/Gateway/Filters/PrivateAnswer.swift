import HTTP

/// Keeps the answers to callers with an API key out of shared caches. Of requests with `Authorization` a shared cache keeps no
/// answer (RFC 9111 §3.5); of `X-API-Key` it knows nothing, and would give one caller's answer to the next.
enum PrivateAnswer {
    /// Directives by which a shared cache may keep an answer, and `private`, which may be about some fields alone.
    private static let shared: Set<String> = ["public", "s-maxage", "proxy-revalidate", "private"]

    /// The answer with `Cache-Control: private` and what the upstream says to caches of one user, or with its `no-store`. One that
    /// says nothing to caches gets `no-store` where every answer does.
    static func of(_ response: Response) -> Response {
        var response = response
        let given = response.headers.all("Cache-Control")
        let directives = given.flatMap(directives)
        // Has precedence over Cache-Control in caches of a content delivery network (RFC 9213).
        response.headers["CDN-Cache-Control"] = nil
        guard !given.isEmpty, !directives.contains(where: { name(of: $0) == "no-store" }) else { return response }
        let kept = directives.filter { !shared.contains(name(of: $0)) }
        response.headers["Cache-Control"] = (["private"] + kept).joined(separator: ", ")
        return response
    }

    private static func name(of directive: String) -> String {
        directive.prefix { $0 != "=" }.trimmed.lowercased()
    }

    /// Splits at commas outside quotation marks.
    private static func directives(_ value: String) -> [String] {
        var (found, isQuoted, isEscaped) = ([[UInt8]()], false, false)
        for byte in value.utf8 {
            if byte == UInt8(ascii: ","), !isQuoted {
                found.append([])
                continue
            }
            if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
            isEscaped = isQuoted && byte == UInt8(ascii: "\\") && !isEscaped
            found[found.count - 1].append(byte)
        }
        return found.map { String(decoding: $0, as: UTF8.self).trimmed }.filter { !$0.isEmpty }
    }
}
