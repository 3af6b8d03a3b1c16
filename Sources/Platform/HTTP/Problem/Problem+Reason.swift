import Synchronization

extension Problem {
    /// The reason phrase of a status, as RFC 9110 §15 and its neighbours have it.
    package static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 203: "Non-Authoritative Information"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 300: "Multiple Choices"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 407: "Proxy Authentication Required"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 424: "Failed Dependency"
        case 425: "Too Early"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 451: "Unavailable For Legal Reasons"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        case 508: "Loop Detected"
        case 511: "Network Authentication Required"
        default: "Error \(status)"
        }
    }
}

extension Problem {
    /// The type of an answer to a request that may have been done.
    public static let outcomeUnknownType = "/problems/outcome-unknown"

    public var isOutcomeUnknown: Bool { type == Self.outcomeUnknownType }

    /// The request may have been done: nobody knows. It has no `Retry-After`, since a client that sends it again without an
    /// `Idempotency-Key` may have it done twice.
    ///
    /// A server whose own work has an unknown outcome answers 500; a gateway that has lost the server behind it 502 or 504.
    /// `look` is the address of the resource that shows whether it was done.
    public static func outcomeUnknown(_ reason: String, status: Int = 500, look: String? = nil) -> Problem {
        var problem = Problem(
            status: status, title: "It is not known whether the request was done",
            detail:
                "\(reason). The request may have been done. To send it again is safe with the same Idempotency-Key, "
                + "and only with it; without a key, look first whether it was done.",
            type: outcomeUnknownType)
        problem.look = look
        return problem
    }

    /// 503 with `Retry-After` where the current request certainly had no effect so far; else the outcome is unknown.
    public static func unavailableUnlessActed(_ reason: String) -> Problem {
        RequestEffects.current?.hasActed == true ? .outcomeUnknown(reason) : .unavailable(reason)
    }

    /// The error of a request that was broken off while it was worked on.
    package static func brokenOff(_ method: HTTPMethod, _ reason: String, retryAfter: Duration = .seconds(2)) -> Problem
    {
        method.isSafe ? .unavailable(reason, retryAfter: retryAfter) : .outcomeUnknown(reason)
    }
}

extension HTTPMethod {
    /// Whether the client asks for no change of state (RFC 9110 §9.2.1).
    package var isSafe: Bool { [.get, .head, .options].contains(self) }
}

/// Records whether the request that the current task answers has had an effect by now: a transaction that was committed,
/// or a call to another server that may have arrived.
///
/// An error that comes later in the same request must not say that nothing was done. The router makes one for each request
/// that may have an effect; whatever has an effect notes it.
package final class RequestEffects: Sendable {
    @TaskLocal package static var current: RequestEffects?

    private let acted = Atomic(false)
    private let address = Mutex<String?>(nil)

    package init() {}

    package var hasActed: Bool { acted.load(ordering: .acquiring) }

    /// Notes that something may be done from now on.
    package func noteAction() { acted.store(true, ordering: .releasing) }

    /// The path of the resource that the request makes, where the client can look for it.
    package var look: String? { address.withLock { $0 } }

    package func noteResource(_ path: String) { address.withLock { $0 = path } }
}
