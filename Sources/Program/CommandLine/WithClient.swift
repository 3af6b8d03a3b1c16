import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import Runtime

/// Runs a closure with an HTTP client, for a command that talks to a running shop.
func withClient<Value: Sendable>(
    _ arguments: Arguments = Arguments(), _ body: @escaping @Sendable (EventLoop, HTTPClient) async throws -> Value
) throws -> Value {
    try withLoop { loop in
        let client = HTTPClient(loop: loop, options: CommandSigning.options(arguments, loop: loop))
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

/// Runs a closure with a loop that ends with it.
func withLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) throws -> Value {
    let loop = EventLoop(name: "sambal")
    loop.start()
    defer { loop.stop() }
    return try loop.wait { try await body(loop) }
}

extension HTTPClient {
    /// Returns the whole answer. Throws `Unreachable` if nobody answers, and `CommandFailure` with the problem's own words
    /// if the answer is no success.
    func ask(_ method: HTTPMethod, _ url: String, _ body: (any Encodable)? = nil, headers: Headers = Headers())
        async throws -> Response
    {
        try await ask(method, url, json: try body.map { try JSON.encode($0) }, headers: headers)
    }

    /// Sends a body that is JSON already.
    func ask(
        _ method: HTTPMethod, _ url: String, json: Data?, headers: Headers = Headers(),
        timeout: Duration = .seconds(60)
    ) async throws -> Response {
        var request = OutboundRequest(method: method, url: url, headers: headers, timeout: timeout)
        if let json {
            request.headers.add("Content-Type", "application/json")
            request.body = json
        }
        let response: Response
        do throws(TransportError) {
            response = try await send(request)
        } catch {
            throw Unreachable(url, error)
        }
        guard response.isSuccess else { throw CommandFailure(Self.sentence(about: response, to: method, url)) }
        return response
    }

    private static func sentence(about response: Response, to method: HTTPMethod, _ url: String) -> String {
        let problem = try? JSON.decode(ProblemWords.self, from: response.body)
        let text = String(decoding: response.body.prefix(500), as: UTF8.self)
        let fields = (problem?.errors ?? []).map { "\($0.field) \($0.message)" }.joined(separator: "; ")
        let words = [problem?.detail ?? problem?.title, fields].compactMap { $0 }.filter { !$0.isEmpty }
        return "\(method.rawValue) \(url) answered \(response.status): "
            + (words.isEmpty ? text : words.joined(separator: ": "))
    }
}

/// The members of problem details (RFC 9457) that a person reads.
private struct ProblemWords: Decodable {
    struct Field: Decodable {
        let field: String
        let message: String
    }
    let title: String?
    let detail: String?
    let errors: [Field]?
}
