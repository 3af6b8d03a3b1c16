import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import Runtime

/// Lets a command talk to a running shop.
func withClient<Value: Sendable>(
    _ body: @escaping @Sendable (EventLoop, HTTPClient) async throws -> Value
) throws -> Value {
    try withLoop { loop in
        let client = HTTPClient(loop: loop)
        do {
            let value = try await body(loop, client)
            await client.shutdown()
            return value
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

extension HTTPClient {
    /// The whole answer; what is no success is an error with the problem's own words.
    func ask(_ method: HTTP.Method, _ url: String, _ body: (any Encodable)? = nil, headers: Headers = Headers())
        async throws -> Response
    {
        try await ask(method, url, json: try body.map { try JSON.encode($0) }, headers: headers)
    }

    /// The same with a body that is JSON already.
    func ask(_ method: HTTP.Method, _ url: String, json: Data?, headers: Headers = Headers()) async throws -> Response {
        var request = OutboundRequest(method: method, url: url, headers: headers, timeout: .seconds(60))
        if let json {
            request.headers.add("Content-Type", "application/json")
            request.body = json
        }
        let response = try await send(request)
        guard response.isSuccess else {
            let problem = try? JSON.decode(ProblemWords.self, from: response.body)
            throw UsageError(
                "\(method.rawValue) \(url) answered \(response.status): "
                    + (problem?.detail ?? problem?.title ?? String(decoding: response.body.prefix(500), as: UTF8.self)))
        }
        return response
    }
}

private struct ProblemWords: Decodable {
    let title: String?
    let detail: String?
}
