public import FoundationEssentials
public import HTTP
import Kernel
import Telemetry

/// A client of another service.
public struct ServiceClient: Sendable {
    public let name: String
    /// Scheme and authority, for example `http://127.0.0.1:8085`.
    public let baseURL: String
    let transport: any Transport
    /// Whether the other side is told the caller: a system outside of the shop is not.
    var tellsCaller = true

    public init(name: String, baseURL: String, transport: any Transport) {
        self.name = name
        self.baseURL = baseURL
        self.transport = transport
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
        if tellsCaller, let caller = Caller.current { caller.write(to: &request.headers) }
        return try await transport.send(request)
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
