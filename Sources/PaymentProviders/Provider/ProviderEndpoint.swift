import FoundationEssentials
public import HTTP

/// The address of a provider's HTTP interface, with the timeout and the transport of calls to it.
public struct ProviderEndpoint: Sendable {
    /// Scheme and authority, for example `https://api.stripe.com`.
    public let baseURL: String
    public let timeout: Duration
    let transport: any Transport

    public init(baseURL: String, timeout: Duration, transport: any Transport) {
        self.baseURL = baseURL
        self.timeout = timeout
        self.transport = transport
    }

    /// Sends a request without the caller's trace context, which is of no use to another company.
    func send(
        _ method: HTTPMethod, _ path: String, headers: Headers, body: Data = Data()
    ) async throws(TransportError) -> Response {
        try await transport.send(
            OutboundRequest(method: method, url: baseURL + path, headers: headers, body: body, timeout: timeout))
    }

    /// Returns the value of `Authorization` for a user name and an empty password (RFC 7617): both providers that use
    /// it leave the password empty.
    static func basic(_ user: String) -> String {
        "Basic " + Data("\(user):".utf8).base64EncodedString()
    }
}

extension ProviderOutcome {
    /// Classifies a call without an answer.
    init(_ error: TransportError) {
        self = error.isKnownNotSent ? .notSent(reason: error.message, retryAfter: nil) : .unknown(reason: error.message)
    }
}

extension ProviderLookup {
    init(_ error: TransportError) { self = .unknown(reason: error.message) }

    /// The outcome of the call that was looked up. It also serves an answer to the call itself, if that shows the state
    /// of the payment, because such an answer says as much as a look-up.
    public var outcome: ProviderOutcome {
        switch self {
        case .succeeded(let report): .succeeded(report)
        case .refused(let reason): .refused(reason: reason)
        case .pending(let report): .accepted(report)
        case .absent: .unknown(reason: "the provider has no such call")
        case .unknown(let reason): .unknown(reason: reason)
        }
    }
}

extension Response {
    /// Whether the status (429 or 5xx) answers nothing, so that the request may be sent again later.
    var saysComeAgain: Bool { status == 429 || status >= 500 }

    /// The delay of `Retry-After`, at most an hour; `nil` if the header is absent or not a number of seconds.
    var retryAfter: Duration? {
        headers["Retry-After"].flatMap { Int64($0) }.map { .seconds(min(max($0, 0), 3600)) }
    }
}
