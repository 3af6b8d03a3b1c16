import Foundation
import FoundationNetworking

/// An HTTP client that is not the product's own.
enum HTTP {
    struct Answer: Sendable {
        let status: Int
        let headers: [String: String]
        let body: Data

        var json: JSONValue { JSONValue(body) }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 60
        configuration.httpMaximumConnectionsPerHost = 64
        return URLSession(configuration: configuration)
    }()

    static func get(_ url: URL) async throws -> Answer { try await send("GET", url) }

    static func post(_ url: URL, _ json: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", url, body: Data(json.utf8), headers: headers)
    }

    static func send(
        _ method: String, _ url: URL, body: Data? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
        if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await session.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw Unexpected("no HTTP answer") }
        var fields: [String: String] = [:]
        for (name, value) in response.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
        return Answer(status: response.statusCode, headers: fields, body: data)
    }
}
