import FoundationEssentials
import HTTP
import Kernel
import Telemetry

@testable import HTTPServer
@testable import Idempotency
@testable import REST

extension FuzzTarget {
    static let httpTargets = [
        FuzzTarget(name: "request", read: readRequests),
        FuzzTarget(name: "target", read: readTarget),
        FuzzTarget(name: "body", read: readBody),
        FuzzTarget(name: "query", read: readQuery),
        FuzzTarget(name: "fields", read: readFields),
    ]
}

private struct Taken: Equatable {
    var method = ""
    var path = ""
    var query = ""
    var host: String?
    var fields: [[String]] = []
    var body = Data()
    var closes = false
}

/// What a connection takes out of bytes: requests one after the other, until one is refused.
private struct Conversation: Equatable {
    private(set) var requests: [Taken] = []
    /// The status; its words may tell of the first fault that was seen.
    private(set) var refusal: Int?

    /// As they come in packets of `step` bytes.
    init(_ bytes: [UInt8], step: Int, limits: HTTPLimits = HTTPLimits()) {
        var position = 0
        var end = 0
        do throws(Refusal) {
            while true {
                var parser = HeadParser(limits: limits)
                while try !Self.feed(bytes, &position, end, { (b, p) throws(Refusal) in try parser.take(b, &p) }) {
                    guard end < bytes.count else { return }
                    end = min(bytes.count, end + step)
                }
                var reader = try BodyReader(parser.head.body, maximum: 4096)
                var body = Data()
                while try !Self.feed(
                    bytes, &position, end, { (b, p) throws(Refusal) in try reader.take(b, &p, into: &body) })
                {
                    guard end < bytes.count else { return }
                    end = min(bytes.count, end + step)
                }
                precondition(body.count <= 4096, "a body is larger than its limit")
                requests.append(Taken(parser.head, body))
            }
        } catch {
            refusal = error.status
        }
    }

    private static func feed(
        _ bytes: [UInt8], _ position: inout Int, _ end: Int,
        _ take: (UnsafeBufferPointer<UInt8>, inout Int) throws(Refusal) -> Bool
    ) throws(Refusal) -> Bool {
        try bytes[..<end].withUnsafeBufferPointer { buffer throws(Refusal) in try take(buffer, &position) }
    }
}

extension Taken {
    init(_ head: RequestHead, _ body: Data) {
        self.init(
            method: head.method.rawValue, path: head.path, query: head.query, host: head.host,
            fields: head.headers.fields.map { [$0.name, $0.value] }, body: body, closes: head.closes)
    }

    /// As a request that says the same.
    var bytes: Data {
        let target = path + (query.isEmpty ? "" : "?" + query)
        var text = Data("\(method) \(target) HTTP/1.1\r\n".utf8)
        for field in fields where !["content-length", "transfer-encoding"].contains(field[0].lowercased()) {
            text += Data("\(field[0]): \(field[1])\r\n".utf8)
        }
        return text + Data("Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }
}

/// Where a packet ends makes no difference; a request that was taken reads back as the same, and its path holds nothing
/// that could be read in two ways.
private func readRequests(_ bytes: [UInt8]) {
    let whole = Conversation(bytes, step: max(bytes.count, 1))
    // Byte by byte only what is short: a line that has not ended is looked through once, but the loop is slow.
    if bytes.count <= 4096 {
        precondition(Conversation(bytes, step: 1) == whole, "packets make a difference")
        precondition(Conversation(bytes, step: 7) == whole, "packets make a difference")
    }
    if let refusal = whole.refusal { precondition((400..<600).contains(refusal), "a refusal without an error") }
    for request in whole.requests { check(request) }
}

private func check(_ request: Taken) {
    precondition(request.path == "*" || request.path.hasPrefix("/"))
    precondition(request.path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"#;\\\"<>".utf8.contains($0) })
    precondition(!request.path.split(separator: "/").contains { $0 == "." || $0 == ".." })
    precondition(request.fields.allSatisfy { !$0[0].isEmpty && $0[1].utf8.allSatisfy { $0 >= 0x20 || $0 == 9 } })
    // A field that is not UTF-8 is not the same bytes any more.
    guard request.host != nil, request.path != "*",
        request.fields.allSatisfy({ !$0[1].unicodeScalars.contains("\u{FFFD}") })
    else { return }
    var limits = HTTPLimits()
    // A target in absolute form puts its host into a field, which may make the header longer.
    limits.maximumHeader += 1024
    limits.maximumFields += 2
    let again = Conversation(Array(request.bytes), step: .max / 2, limits: limits)
    precondition(again.refusal == nil && again.requests.count == 1, "what was taken is refused")
    let other = again.requests[0]
    precondition(
        other.method == request.method && other.path == request.path && other.query == request.query
            && other.host == request.host && other.body == request.body, "a request reads back as another")
}

/// A path that the parser takes gets an answer from routes, and its decoded parts hold no dot segment.
private func readTarget(_ bytes: [UInt8]) {
    let target = bytes.withUnsafeBufferPointer { try? RequestTarget($0, method: .get, maximumQueryItems: 100) }
    guard let target else { return }
    let request = Request(method: .get, path: target.path, rawQuery: target.query)
    let response = now { await router.respond(to: request) }
    precondition([200, 400, 404, 405].contains(response.status))
}

private let router = try! Router([
    Route.get("/orders", summary: "All") { request in
        _ = try request.query.integer("page", default: 0, in: 0...)
        _ = try request.query.flag("open")
        _ = Precondition(request)
        return Response(status: 200)
    },
    Route.get("/orders/{id}", summary: "One") { request in
        let id: String = try request.parameter("id")
        precondition(!["", ".", ".."].contains(id), "a segment could be read as another")
        return Response(status: 200)
    },
    Route.get("/orders/{id}/lines/{line}", summary: "Line") { _ in Response(status: 200) },
])

private func readBody(_ bytes: [UInt8]) {
    precondition(chunks(bytes, step: max(bytes.count, 1)) == chunks(bytes, step: 1), "packets make a difference")
}

private func chunks(_ bytes: [UInt8], step: Int) -> [UInt8]? {
    guard var reader = try? BodyReader(.chunked, maximum: 10_000) else { return nil }
    var (position, end, body) = (0, 0, Data())
    while end < bytes.count {
        end = min(bytes.count, end + step)
        do throws(Refusal) {
            let isWhole = try bytes[..<end].withUnsafeBufferPointer { bytes throws(Refusal) in
                try reader.take(bytes, &position, into: &body)
            }
            precondition(body.count <= 10_000, "a body is larger than its limit")
            if isWhole { return Array(body) }
        } catch {
            return nil
        }
    }
    return nil
}

private func readQuery(_ bytes: [UInt8]) {
    let query = QueryString(String(decoding: bytes, as: UTF8.self))
    let text = query.items.map { "\(QueryString.encode($0.name))=\(QueryString.encode($0.value))" }.joined(
        separator: "&")
    precondition(QueryString(text).items == query.items, "a query reads back as another")
    _ = try? query.integer("n", in: 1...100)
    _ = try? query.flag("b")
    _ = try? query.value("t", as: Double.self)
}

/// Values of header fields that are read further.
private func readFields(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let trace = TraceContext(text) { precondition(TraceContext(trace.description) == trace) }
    if let key = try? IdempotencyKey.parse(text) {
        precondition((1...IdempotencyKey.maximumLength).contains(key.utf8.count))
        let quoted = key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        precondition(try! IdempotencyKey.parse("\"\(quoted)\"") == key, "a key reads back as another")
    }
    let request = Request(
        method: .get, path: "/", headers: ["If-Match": text, "If-None-Match": text, "Content-Type": text], body: Data())
    let tags = Precondition(request)
    try? tags.check(3)
    try? tags.check(nil)
    _ = try? request.decode(JSONDocument.self)
    _ = bytes.withUnsafeBufferPointer { Authority.isValid($0) }
    _ = Authority.host(of: text)
}
