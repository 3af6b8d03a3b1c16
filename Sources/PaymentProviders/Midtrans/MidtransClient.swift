import FoundationEssentials
import HTTP
import Kernel

/// Midtrans' interface as it is called: Basic with the server key, JSON.
struct MidtransClient: Sendable {
    let endpoint: ProviderEndpoint
    let serverKey: String
    let evidence: Evidence

    func post(_ path: String, _ body: some Encodable) async throws -> Response {
        try await endpoint.send(.post, path, headers: headers, body: JSON.encodeSnakeCase(body))
    }

    func post(_ path: String) async throws(TransportError) -> Response {
        try await endpoint.send(.post, path, headers: headers, body: Data("{}".utf8))
    }

    /// `id` is an order_id or a transaction_id.
    func status(_ id: String) async throws(TransportError) -> Response {
        try await endpoint.send(.get, "/v2/\(QueryString.encode(id))/status", headers: headers)
    }

    func evidence(_ response: Response) -> String { evidence.text("Midtrans", response) }

    private var headers: Headers {
        [
            "Authorization": ProviderEndpoint.basic(serverKey), "Content-Type": "application/json",
            "Accept": "application/json",
        ]
    }
}
