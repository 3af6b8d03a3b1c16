import HTTP
import Kernel
import Resilience

/// Forwards a request to an upstream and returns its answer, both unchanged except for the fields of one connection.
struct Forwarding: Sendable {
    let upstream: Upstream
    let timeouts: GatewayTimeouts

    /// Fields of one connection, not of the message (RFC 9110 §7.6.1), and those that the HTTP client sets itself.
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host",
        "content-length", "expect", "proxy-authenticate", "proxy-authorization",
    ]
    /// Longer bodies of answers, and those of which nobody says how long they are, are passed on in pieces.
    private static let longBody = BodyStream.capacity
    /// The name of this gateway in `Via` (RFC 9110 §7.6.3).
    static let pseudonym = "sambal"

    /// Whether the gateway sets that field itself, or never passes it on. `name` is in small letters.
    static func isOwn(_ name: String) -> Bool {
        hopByHop.contains(name) || Caller.fields.contains(name) || ["via", "x-request-id"].contains(name)
            || IdentityFields.contains(name)
    }

    /// Removes `Connection` and the fields that it names (RFC 9110 §7.6.1) before filters add theirs: a caller must not be
    /// able to name a field that the gateway sets for the upstream.
    static func withoutNamedByConnection(_ headers: Headers) -> Headers {
        guard headers["Connection"] != nil else { return headers }
        let named = named(by: headers)
        var kept = Headers()
        kept.reserveCapacity(headers.fields.count)
        for field in headers.fields {
            let name = field.name.lowercased()
            if name != "connection", !named.contains(name) { kept.add(field.name, field.value) }
        }
        return kept
    }

    private static func named(by headers: Headers) -> Set<String> {
        Set(headers.all("Connection").flatMap { $0.lowercased().split(separator: ",").map(\.trimmed) })
    }

    func forward(_ exchange: GatewayExchange) async throws(UpstreamFailure) -> Response {
        var request = OutboundRequest(
            method: exchange.method, url: exchange.target, headers: headers(of: exchange), body: exchange.body,
            timeout: timeouts.total)
        request.connectTimeout = timeouts.connect
        request.firstByteTimeout = timeouts.firstByte
        request.idleTimeout = timeouts.idle
        request.stream = exchange.stream
        request.streamsAbove = Self.longBody
        do {
            var response = try await upstream.send(request, isRepeatable: exchange.isRepeatable)
            if exchange.method == .head {
                // The answer to HEAD has no body, but may have its length.
                response.omittedBody = .init(length: response.headers["Content-Length"].flatMap { Int($0) })
                response.body.removeAll()
            }
            endEventsWithServer(response)
            response.headers = kept(response.headers, except: [])
            response.headers.add("Via", "1.1 \(Self.pseudonym)")
            return response
        } catch {
            throw failure(error, exchange)
        }
    }

    /// A stream of events has no end that a server which stops could wait for. Its client connects again.
    private func endEventsWithServer(_ response: Response) {
        guard let stream = response.stream, ResponseCompression.isEventStream(response.headers["Content-Type"] ?? "")
        else { return }
        stream.whenAskedToEnd { [weak stream] in
            stream?.fail(TransportError(.interrupted, "The gateway stops"))
        }
    }

    /// Throws 508 for a request that has passed this gateway too often.
    static func checkLoop(_ headers: Headers) throws(Problem) {
        let via = headers.all("Via")
        guard !via.isEmpty else { return }
        let own = via.flatMap { $0.split(separator: ",") }.filter { $0.trimmed.hasSuffix(" \(pseudonym)") }
        guard own.count < GatewayLimits.vias else {
            throw Problem(status: 508, detail: "The request has come through this gateway \(own.count) times")
        }
    }

    /// Throws 405 for CONNECT and TRACE, which are about a connection and not a resource (RFC 9110 §9.3.6 and §9.3.8).
    /// The answer to TRACE would show the fields that the gateway has added.
    ///
    /// Throws 501 for methods with small letters. They differ from those with capitals (RFC 9110 §9.1), but some
    /// upstreams treat them alike.
    static func checkMethod(_ method: HTTPMethod) throws(Problem) {
        guard !method.rawValue.utf8.contains(where: { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }) else {
            throw Problem(status: 501, detail: "The method \(method) is not known; methods are written in capitals")
        }
        guard ["TRACE", "CONNECT"].contains(method.rawValue) else { return }
        var problem = Problem(status: 405, detail: "\(method) is not passed on")
        problem.headers["Allow"] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
        throw problem
    }

    private func headers(of exchange: GatewayExchange) -> Headers {
        var headers = kept(exchange.headers, except: Caller.fields)
        for field in exchange.caller.forwardedFields(for: exchange.original) { headers.add(field.name, field.value) }
        headers.add("Via", "1.1 \(Self.pseudonym)")
        if exchange.preservesHost { headers["Host"] = exchange.original.headers["Host"] }
        return headers
    }

    private func kept(_ headers: Headers, except others: Set<String>) -> Headers {
        let named = Self.named(by: headers)
        var kept = Headers()
        kept.reserveCapacity(headers.fields.count + 8)
        for field in headers.fields {
            let name = field.name.lowercased()
            if !Self.hopByHop.contains(name), !named.contains(name), !others.contains(name) {
                kept.add(field.name, field.value)
            }
        }
        return kept
    }

    /// Makes a 503 if the upstream certainly did not get the request. Otherwise a request that changes something may
    /// have been done, and the failure says so.
    private func failure(_ error: TransportError, _ exchange: GatewayExchange) -> UpstreamFailure {
        if let cut = exchange.stream?.failure {
            // The upstream has not got the whole body, so it says nothing about the upstream.
            let problem =
                cut.code == .tooLarge
                ? GatewayExchange.tooLarge(exchange.stream?.maximum ?? 0)
                : Problem(status: 400, detail: "The body did not come whole")
            return UpstreamFailure(problem: problem, code: .cancelled)
        }
        let service = "The \(upstream.name) service"
        let problem =
            switch error.code {
            case .unreachable: Problem.unavailable("\(service) is not reachable", dependency: upstream.name)
            case .timedOut: lost(504, "\(service) did not answer in time", exchange.method)
            case .malformed: Problem(status: 400, detail: "The request cannot be sent to the \(upstream.name) service")
            default: lost(502, "\(service) did not answer whole", exchange.method)
            }
        return UpstreamFailure(problem: problem, code: error.code)
    }

    private func lost(_ status: Int, _ reason: String, _ method: HTTPMethod) -> Problem {
        let isHarmless = [.get, .head, .options].contains(method)
        return isHarmless ? Problem(status: status, detail: reason) : .outcomeUnknown(reason, status: status)
    }
}

/// The reason why an upstream gave no answer.
struct UpstreamFailure: Error, ProblemConvertible, CustomStringConvertible {
    let problem: Problem
    let code: TransportError.Code

    var description: String { problem.detail ?? problem.title }
    var isKnownNotSent: Bool { code == .unreachable || code == .malformed }
    var mayPass: Bool { [.unreachable, .timedOut, .interrupted].contains(code) }
}
