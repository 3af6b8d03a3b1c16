import FoundationEssentials

/// An error as its caller sees it: problem details (RFC 9457), sent as `application/problem+json`.
/// Handlers throw it; the router turns every error into one.
public struct Problem: Error, Sendable, CustomStringConvertible {
    public var description: String { detail ?? title }

    public struct Field: Sendable, Codable, Hashable {
        public let field: String
        public let message: String

        public init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    public var status: Int
    public var title: String
    public var detail: String?
    /// A relative reference to the page that explains it; `about:blank` when the status says all.
    public var type: String
    /// The faults of single fields of the request.
    public var errors: [Field]
    /// Sent as `Retry-After`, in whole seconds.
    public var retryAfter: Duration?
    public var headers = Headers()
    /// The path where the client sees what became of the request; a member of the answer, and its `Location`.
    public var look: String?
    /// The part whose absence made the request fail: `database`, a service's name, or `server` for this process itself.
    public var dependency: String?

    public init(
        status: Int, title: String? = nil, detail: String? = nil, type: String = "about:blank", errors: [Field] = [],
        retryAfter: Duration? = nil
    ) {
        self.status = status
        self.title = title ?? Self.reason(status)
        self.detail = detail
        self.type = type
        self.errors = errors
        self.retryAfter = retryAfter
    }

    /// The dependency of a 503 that this process answers for want of room or time of its own.
    package static let server = "server"

    /// 400 that names each field and what is wrong with it.
    public static func invalid(_ errors: [Field]) -> Problem {
        Problem(
            status: 400, title: "Invalid request",
            detail: errors.map { "\($0.field) \($0.message)" }.joined(separator: "; "), errors: errors)
    }

    public static func invalid(_ field: String, _ message: String) -> Problem {
        invalid([Field(field: field, message: message)])
    }

    public static func notFound(_ what: String) -> Problem {
        Problem(status: 404, detail: "\(what) does not exist")
    }

    /// 409: the state of the thing that the request is about does not allow it. `why` names that state.
    public static func notPossible(_ why: String) -> Problem {
        Problem(status: 409, title: "Not possible now", detail: why)
    }

    /// 503 with `Retry-After`: the request had no effect, because `dependency` is unavailable. Every 503 is made by it, so
    /// that each names what to look at.
    public static func unavailable(
        _ detail: String?, title: String? = nil, type: String = "about:blank", retryAfter: Duration = .seconds(2),
        dependency: String
    ) -> Problem {
        var problem = Problem(status: 503, title: title, detail: detail, type: type, retryAfter: retryAfter)
        problem.dependency = dependency
        return problem
    }
}

extension Problem {
    /// 400 from what a decoder could not read: the field's path, and what is wrong with it.
    package init(decoding error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self = .invalid(Self.path(context.codingPath + [key]), "is required")
        case .valueNotFound(_, let context):
            self = .invalid(Self.path(context.codingPath), "must not be null")
        case .typeMismatch(let type, let context):
            self = .invalid(Self.path(context.codingPath), "must be \(Self.name(of: type))")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self = Problem(
                status: 400, title: "Invalid request", detail: "The body is not valid JSON: \(context.debugDescription)"
            )
        case .dataCorrupted(let context):
            self = .invalid(Self.path(context.codingPath), context.debugDescription)
        @unknown default:
            self = Problem(status: 400, title: "Invalid request", detail: "The body cannot be read")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        guard !keys.isEmpty else { return "body" }
        return keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    static func name(of type: Any.Type) -> String {
        switch type {
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type: "text"
        case is any ExpressibleByDictionaryLiteral.Type: "an object"
        default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
        }
    }
}

/// An error of a lower layer that knows how it looks to the caller of an HTTP interface.
public protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

extension Problem {
    /// The answer to any error. An error that this does not know is 500, and nothing of it is told.
    public init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as DecodingError: self = Problem(decoding: error)
        case let error as any ProblemConvertible: self = error.problem
        case is CancellationError:
            self = .unavailableUnlessActed("The request was given up before it was done", dependency: Self.server)
        default: self = Problem(status: 500, detail: "The server failed to handle the request")
        }
    }
}
