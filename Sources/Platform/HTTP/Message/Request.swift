public import FoundationEssentials
public import Kernel

/// A request as a handler sees it, whole: the body has arrived and is within the limits. Only a handler that says so gets
/// long bodies in pieces.
public struct Request: Sendable {
    public var method: HTTPMethod
    /// The path as it came, still percent-encoded, without the query.
    public var path: String
    /// The query as it came, without the question mark; empty when there is none.
    public var rawQuery: String
    public var headers: Headers
    public var body: Data
    /// The body, if it is still on its way; then `body` is empty. It is cut off when the handler has answered, unless the
    /// answer is passed on in pieces too.
    public var stream: BodyStream?
    /// The values of the pattern's `{name}` parts, percent-decoded; set by the router. Handlers read them by
    /// `parameter(_:as:)`, which has no silent default for a name that the pattern does not have.
    var parameters: [String: String] = [:]
    /// The request is about one resource of a collection: its pattern has `{name}` parts.
    public var hasPathParameters: Bool { !parameters.isEmpty }
    /// The values of the pattern's `{name}` parts, in the order of their names.
    package var pathValues: [String] { parameters.sorted { $0.key < $1.key }.map(\.value) }
    /// The client who sent it, as this process has found out by authentication; `nil` of somebody who is not known.
    /// Never read from a header as it came: a stranger writes those.
    public var client: String?
    /// The caller for whom the request is made, as the host has read it; `nil` of nobody in particular.
    public var caller: Caller?
    /// The address of the socket's other end, without its port: a proxy's, where one stands before this server. `nil`
    /// if the request came without a socket.
    public var peerAddress: String?
    /// Whether the request came by TLS to this process itself, without a proxy between.
    public var isEncrypted = false
    /// The thread that reads long bodies; `nil` outside a running service, where each body is read at once.
    public var bodyWorker: (any Worker)?

    public init(
        method: HTTPMethod, path: String, rawQuery: String = "", headers: Headers = Headers(), body: Data = Data()
    ) {
        self.method = method
        self.path = path
        self.rawQuery = rawQuery
        self.headers = headers
        self.body = body
    }

    /// The JSON body, read leniently (`"10"` is the number 10). A body that is not JSON, and a field that is missing or
    /// of the wrong type, is a 400 `Problem` that names the field.
    ///
    /// A body that says it is something else than JSON is a 415 `Problem`: a page of another origin can make a browser
    /// send forms and plain text, but no JSON.
    public func decode<Body: Decodable>(_ type: Body.Type) throws -> Body {
        if let kind = try contentType(), !Self.isJSON(kind) {
            throw Problem(status: 415, detail: "The body must be application/json, not \(kind)")
        }
        do {
            return try JSON.decodeLeniently(type, from: body)
        } catch let error as DecodingError {
            throw Problem(decoding: error)
        }
    }

    /// The field `Content-Type`. Sent twice it is a 400 `Problem`: which of them another program would believe is not
    /// known (RFC 9110 §5.3).
    package func contentType() throws(Problem) -> String? {
        let kinds = headers.all("Content-Type")
        guard kinds.count <= 1 else { throw Problem(status: 400, detail: "Content-Type must be sent once") }
        return kinds.first
    }

    /// `application/json`, and the kinds of it whose names end in `+json`.
    private static func isJSON(_ contentType: String) -> Bool {
        let kind = contentType.lowercased().utf8.prefix { $0 != UInt8(ascii: ";") }
        var name = String(Substring(kind))
        while name.utf8.last == 0x20 { name.removeLast() }
        return name == "application/json" || name.hasPrefix("application/") && name.hasSuffix("+json")
    }
}

/// A request method (RFC 9110 §9). One that is not among the named ones is kept as it came.
public struct HTTPMethod: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let get = HTTPMethod(rawValue: "GET")
    public static let head = HTTPMethod(rawValue: "HEAD")
    public static let post = HTTPMethod(rawValue: "POST")
    public static let put = HTTPMethod(rawValue: "PUT")
    public static let patch = HTTPMethod(rawValue: "PATCH")
    public static let delete = HTTPMethod(rawValue: "DELETE")
    public static let options = HTTPMethod(rawValue: "OPTIONS")

    public var description: String { rawValue }
}

extension Request {
    /// The part of the path that the pattern calls `{name}`, percent-decoded. Throws a 400 `Problem` that names it when
    /// it cannot be read as `type`.
    public func parameter<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type = String.self
    ) throws(Problem) -> Value {
        guard let text = parameters[name] else { throw .invalid(name, "is required") }
        guard let value = Value(text) else { throw .invalid(name, "must be \(Problem.name(of: type))") }
        return value
    }
}
