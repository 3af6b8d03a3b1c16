import FoundationEssentials
import HTTP
import Tokens

/// A request on its way through a route's filters.
struct GatewayExchange: Sendable {
    let original: Request
    let caller: Caller
    /// The values of the route's patterns, as they came.
    let variables: [String: String]
    /// How often the request was sent on to another path of the gateway's own.
    let forwards: Int
    var path: String
    var headers: Headers
    var preservesHost = false
    /// The caller as the access token or the API key says, once a filter has asked for it.
    var identity: VerifiedCaller?
    /// Bytes that the body may have by the filters so far; `nil` if none has said.
    var maximumBody: Int?
    /// Whether the upstream gets the access token.
    var relaysToken = false

    init(_ request: Request, _ caller: Caller, variables: [String: String], forwards: Int) {
        original = request
        self.caller = caller
        self.variables = variables
        self.forwards = forwards
        path = request.path
        headers = Forwarding.withoutNamedByConnection(request.headers)
    }

    var method: HTTPMethod { original.method }
    var body: Data { original.body }
    /// The body, if it is still on its way.
    var stream: BodyStream? { original.stream }

    /// Path and query.
    var target: String { original.rawQuery.isEmpty ? path : path + "?" + original.rawQuery }

    /// A browser's question whether a page of another origin may send a request (the Fetch standard, "CORS-preflight
    /// request").
    var isPreflight: Bool {
        method == .options && original.headers["Origin"] != nil
            && original.headers["Access-Control-Request-Method"] != nil
    }

    /// Whether the request may be sent again: the body is here, and it changes nothing, or it carries a key by which the other side knows it.
    var isRepeatable: Bool {
        stream == nil && (method == .get || method == .head || headers["Idempotency-Key"]?.isEmpty == false)
    }

    /// Throws 413 for a body that is known to be too large. One that turns out to be fails while it is read.
    func checkBody() throws(Problem) {
        guard let stream, let maximum = maximumBody ?? stream.maximum else { return }
        guard stream.limit(to: maximum) else { throw Self.tooLarge(maximum) }
    }

    static func tooLarge(_ maximum: Int) -> Problem {
        Problem(status: 413, detail: "The body is larger than \(maximum) bytes")
    }

    /// Throws 400 for a path that filters have made from the request's and that is none, or that leads upwards: `/red(.*)`
    /// rewritten to `/$1` makes one of `/red../x`.
    func checkPath() throws(Problem) {
        let isPath =
            path.utf8.first == UInt8(ascii: "/")
            && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#\\\"<>".utf8.contains($0) }
        guard isPath, !RequestPath(path).segments.contains(where: { [".", ".."].contains($0.decoded) }) else {
            throw Problem(status: 400, detail: "The path cannot be passed on to the service behind it")
        }
    }
}
