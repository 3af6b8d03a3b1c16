public import FoundationEssentials

/// Sends a request to another server and waits for its whole answer. Implementations: libcurl's, and the in-process
/// one.
public protocol Transport: Sendable {
    func send(_ request: OutboundRequest) async throws(TransportError) -> Response
}

public struct OutboundRequest: Sendable {
    public var method: HTTPMethod
    /// Absolute, for example `http://127.0.0.1:8085/api/payments`.
    public var url: String
    public var headers: Headers
    public var body: Data
    /// The body, if it is passed on in pieces; then `body` is empty. Such a request is never sent twice once the body has
    /// begun.
    public var stream: BodyStream?
    /// Lets a body of more bytes, or of a length that is not known, come as the answer's `stream`; `nil` if the answer must be
    /// whole. The caller takes the stream or cancels it, which closes the connection.
    public var streamsAbove: Int?
    /// For the whole exchange, connecting included; for one in pieces until its answer begins, not counting the time in which
    /// its body is on its way.
    public var timeout: Duration
    /// For a connection to come about; the client's own limit if it is `nil`.
    public var connectTimeout: Duration?
    /// From the start of the exchange to the first byte of the answer; only `timeout` bounds it if it is `nil`.
    public var firstByteTimeout: Duration?
    /// Between two parts of the answer. If it is `nil`, `timeout` bounds a whole answer, and `streamIdleTime` one in pieces.
    public var idleTimeout: Duration?
    /// Between two parts of an answer in pieces for which nothing else is said.
    public static let streamIdleTime = Duration.seconds(60)

    public init(
        method: HTTPMethod, url: String, headers: Headers = Headers(), body: Data = Data(),
        timeout: Duration = .seconds(10)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

/// Why there is no answer. The difference that matters with money: may the other side have acted on the request?
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public enum Code: Sendable, Hashable {
        /// No connection came about (refused, no route, name not found, breaker open): the request did not arrive.
        case unreachable
        /// No whole answer within the timeout.
        case timedOut
        /// The connection broke after the request may have been sent.
        case interrupted
        /// The answer is larger than the client takes.
        case tooLarge
        /// The caller's task was cancelled.
        case cancelled
        /// The request itself cannot be sent (a malformed URL).
        case malformed
    }
    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// `true` when the request certainly had no effect on the other side.
    public var isKnownNotSent: Bool { code == .unreachable || code == .malformed }
}

/// An absolute `http` URL, taken apart without decoding.
struct RequestURL {
    /// Host, and port where one is given.
    let authority: Substring
    /// At least `/`.
    let path: String
    let query: String

    init?(_ text: String) {
        // By bytes, as a server on a socket would.
        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8),
            ["http", "https"].contains(text[..<colon].lowercased())
        else { return nil }
        let rest = bytes[colon...].dropFirst(3).prefix { $0 != UInt8(ascii: "#") }
        let host = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard !host.isEmpty else { return nil }
        authority = Substring(host)
        let target = rest[host.endIndex...]
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        path = mark == target.startIndex ? "/" : String(Substring(target[..<mark]))
        query = String(Substring(target[mark...].dropFirst()))
    }
}
