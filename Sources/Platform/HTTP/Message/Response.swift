public import FoundationEssentials
import Kernel

/// An answer, whole or with a body that follows in pieces.
public struct Response: Sendable {
    public var status: Int
    public var headers: Headers
    public var body: Data
    /// The body, if it is passed on in pieces; then `body` is empty. Who does not pass the answer on cancels it.
    public var stream: BodyStream?
    /// Set in an answer to HEAD whose body another server has left out already; `nil` in every answer that carries its
    /// own.
    public var omittedBody: OmittedBody?

    /// How long the body would be that is left out; `nil` if that is not known, and then nothing is said of it.
    public struct OmittedBody: Sendable, Hashable {
        public let length: Int?

        public init(length: Int?) { self.length = length }
    }

    public init(status: Int, headers: Headers = Headers(), body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON answer; `contentType` for the kinds of JSON (`application/hal+json`).
    public static func json(
        _ value: some Encodable, status: Int = 200, contentType: String = "application/json"
    ) throws -> Response {
        Response(status: status, headers: ["Content-Type": contentType], body: try JSON.encode(value))
    }

    public static func text(_ text: String, status: Int = 200, contentType: String = "text/plain; charset=utf-8")
        -> Response
    {
        Response(status: status, headers: ["Content-Type": contentType], body: Data(text.utf8))
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}
