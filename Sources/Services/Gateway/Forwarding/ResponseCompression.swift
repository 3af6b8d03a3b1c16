import Compression
import FoundationEssentials
import HTTP

/// Whether, and how, answers are compressed.
enum CompressionChoice: String, Sendable, CaseIterable {
    case off, gzip
}

/// Compresses textual answers for clients that take it.
///
/// An answer with an `ETag` is left as it is: its tag names the bytes as they are, and a client sends it back in `If-Match`,
/// where a weak tag never matches (RFC 9110 §13.1.1).
enum ResponseCompression {
    /// Shorter bodies gain nothing.
    static let threshold = 1024
    /// Longer bodies are compressed on the service's thread for long bodies: the loop has other requests.
    private static let longBody = 64 << 10

    static func apply(to response: Response, of request: Request) async -> Response {
        guard mayBeCompressed(response) else { return response }
        let isHead = request.method == .head
        // The length of an answer to HEAD is that of the body which is left out.
        let length =
            isHead
            ? response.omittedBody.map { $0.length ?? .max } ?? response.body.count
            : response.stream.map { $0.length ?? .max } ?? response.body.count
        guard length >= threshold else { return response }
        var response = response
        // The answer would be another one to another client, be it compressed or not.
        response.headers.add("Vary", "Accept-Encoding")
        guard AcceptEncoding(request.headers).prefersGzip else { return response }
        if isHead {
            // As the answer to GET would have it; its length is not known without doing the work (§9.3.2).
            response.headers["Content-Encoding"] = "gzip"
            response.body = Data()
            response.omittedBody = .init(length: nil)
            return response
        }
        if let stream = response.stream {
            guard let gzip = GzipStream() else { return response }
            response.headers["Content-Encoding"] = "gzip"
            response.stream = stream.changed { change in
                switch change {
                case .bytes(let bytes): gzip.compress(bytes)
                case .pause: gzip.flush()
                case .end: gzip.finish()
                }
            }
            return response
        }
        let body = response.body
        let compressed = try? await request.aside(body.count > longBody) { Gzip.compress(body) }
        guard let compressed, compressed.count < body.count else { return response }
        response.headers["Content-Encoding"] = "gzip"
        response.body = compressed
        return response
    }

    private static func mayBeCompressed(_ response: Response) -> Bool {
        let headers = response.headers
        guard response.status >= 200, ![204, 205, 206, 304].contains(response.status) else { return false }
        guard headers["Content-Encoding"] == nil, headers["ETag"] == nil, headers["Content-Range"] == nil else {
            return false
        }
        let control = headers.all("Cache-Control").joined(separator: ",").lowercased()
        return !control.contains("no-transform") && isTextual(headers["Content-Type"] ?? "")
    }

    static func isEventStream(_ contentType: String) -> Bool {
        contentType.lowercased().prefix { $0 != ";" && $0 != " " } == "text/event-stream"
    }

    /// Texts, JSON, XML and what is made of them; not streams of events, of which each must arrive at once.
    static func isTextual(_ contentType: String) -> Bool {
        let kind = contentType.lowercased().prefix { $0 != ";" && $0 != " " }
        if isEventStream(contentType) { return false }
        return kind.hasPrefix("text/") || kind.hasSuffix("+json") || kind.hasSuffix("+xml")
            || ["application/json", "application/xml", "application/javascript", "application/yaml"].contains(kind)
    }
}
