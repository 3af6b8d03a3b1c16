import HTTP
import Kernel
import ServiceHost

/// Passes a request on to the service behind a route, and its answer back, as they are.
struct Forwarding: Sendable {
    let peer: Peer
    let timeout: Duration

    /// Concern one connection, not the message (RFC 9110 §7.6.1); or the client sets them anew.
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host",
        "content-length", "expect", "proxy-authenticate", "proxy-authorization",
    ]

    func forward(_ request: Request) async throws -> Response {
        let target = request.rawQuery.isEmpty ? request.path : request.path + "?" + request.rawQuery
        do {
            var response = try await peer.send(
                request.method, target, headers: headers(of: request), body: request.body, timeout: timeout)
            response.headers = kept(response.headers)
            return response
        } catch {
            throw problem(error, for: request.method)
        }
    }

    private func headers(of request: Request) -> Headers {
        var headers = kept(request.headers)
        // Links in the answer must lead back here, not past the gateway and not where a caller wants them to.
        headers["X-Forwarded-Host"] = request.headers["Host"]
        headers["X-Forwarded-Proto"] = "http"
        return headers
    }

    private func kept(_ headers: Headers) -> Headers {
        let named = Set(headers.all("Connection").flatMap { $0.lowercased().split(separator: ",").map(Self.trimmed) })
        var kept = Headers()
        for field in headers.fields {
            let name = field.name.lowercased()
            if !Self.hopByHop.contains(name), !named.contains(name) { kept.add(field.name, field.value) }
        }
        return kept
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.prefix { $0 != " " })
    }

    /// 503 where the service certainly has not got the request; else a request that changes something may have been done.
    private func problem(_ error: TransportError, for method: HTTP.Method) -> Problem {
        switch error.code {
        case .unreachable: .unavailable("The \(peer.name) service is not reachable", dependency: peer.name)
        case .timedOut: lost(504, "The \(peer.name) service did not answer in time", method)
        default: lost(502, "The \(peer.name) service did not answer whole", method)
        }
    }

    private func lost(_ status: Int, _ reason: String, _ method: HTTP.Method) -> Problem {
        let isHarmless = [.get, .head, .options].contains(method)
        return isHarmless ? Problem(status: status, detail: reason) : .outcomeUnknown(reason, status: status)
    }
}
