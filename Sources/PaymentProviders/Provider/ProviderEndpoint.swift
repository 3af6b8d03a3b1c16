import FoundationEssentials
public import HTTP

/// The address of a provider's interface, and how it is reached.
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

    /// The caller's trace does not go along: it is nothing to another company.
    func send(
        _ method: HTTPMethod, _ path: String, headers: Headers, body: Data = Data()
    ) async throws(TransportError) -> Response {
        try await transport.send(
            OutboundRequest(method: method, url: baseURL + path, headers: headers, body: body, timeout: timeout))
    }

    /// User name and password (RFC 7617); both providers that use it leave the password empty.
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

    /// An answer that says how it stands is worth as much as a look-up.
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
    /// Not an answer to the question: it may be asked again later.
    var saysComeAgain: Bool { status == 429 || status >= 500 }

    /// `Retry-After` in seconds, an hour at most.
    var retryAfter: Duration? {
        headers["Retry-After"].flatMap { Int64($0) }.map { .seconds(min(max($0, 0), 3600)) }
    }
}
