public import FoundationEssentials
public import HTTP
import Kernel
import Telemetry
import Tokens

/// A client of another service.
public struct ServiceClient: Sendable {
    public let name: String
    /// Scheme and authority, for example `http://127.0.0.1:8085`.
    public let baseURL: String
    let transport: any Transport
    /// Whether requests go straight to a service of this process, and need not be signed.
    private let isWithinProcess: Bool
    /// Whether the other side is a service of the shop, and is told the caller.
    private(set) var isPeer = true
    /// `nil` if requests are not signed.
    private var signing: RequestSigning?

    public init(name: String, baseURL: String, transport: any Transport, isWithinProcess: Bool = false) {
        self.name = name
        self.baseURL = baseURL
        self.transport = transport
        self.isWithinProcess = isWithinProcess
    }

    /// Returns the client with something around its transport.
    func over(_ transport: any Transport) -> ServiceClient {
        var client = ServiceClient(
            name: name, baseURL: baseURL, transport: transport, isWithinProcess: isWithinProcess)
        client.isPeer = isPeer
        client.signing = signing
        return client
    }

    /// Returns the client of a service of the shop, which signs its requests if the shop does.
    func signed(by mint: ServiceTokenMint?, for audience: String) -> ServiceClient {
        guard let mint, !isWithinProcess else { return self }
        var client = self
        client.signing = RequestSigning(mint: mint, audience: audience)
        return client
    }

    /// Returns the client of a system outside of the shop.
    var ofStranger: ServiceClient {
        var client = self
        (client.isPeer, client.signing) = (false, nil)
        return client
    }

    /// Sends a request with the trace and the caller of the running task. `path` is the path and query, already percent-encoded.
    public func send(
        _ method: HTTPMethod, _ path: String, headers: Headers = Headers(), body: Data = Data(),
        timeout: Duration = .seconds(10)
    ) async throws(TransportError) -> Response {
        try await send(OutboundRequest(method: method, url: path, headers: headers, body: body, timeout: timeout))
    }

    /// Sends a request whose `url` is the path and query, for callers that set timeouts of their own.
    public func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        var request = request
        request.url = baseURL + request.url
        if request.headers["traceparent"] == nil, let trace = TraceContext.current {
            request.headers.add("traceparent", trace.description)
        }
        if isPeer, let caller = Caller.current { caller.write(to: &request.headers) }
        try signing?.sign(&request.headers)
        let response = try await transport.send(request)
        // Not an answer: the request was not looked at, and whoever asked cannot mend it.
        if isPeer, ServiceGate.isRefusal(response) {
            let reason = Problem(response)?.detail ?? "it does not say why"
            throw TransportError(.unreachable, "\(name) does not accept requests of this service: \(reason)")
        }
        return response
    }

    /// Sends a POST with a JSON body.
    public func post(
        _ path: String, _ body: some Encodable, headers: Headers = Headers(), timeout: Duration = .seconds(10)
    ) async throws -> Response {
        var headers = headers
        headers.add("Content-Type", "application/json")
        return try await send(.post, path, headers: headers, body: JSON.encode(body), timeout: timeout)
    }
}
