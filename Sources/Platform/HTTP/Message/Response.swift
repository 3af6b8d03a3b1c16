public import FoundationEssentials
import Kernel

/// An answer, whole.
public struct Response: Sendable {
    public var status: Int
    public var headers: Headers
    public var body: Data

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
