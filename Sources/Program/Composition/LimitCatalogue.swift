import Cryptography
import GatewayService
import HTTP
import HTTPClient
import HTTPServer
import Kernel
import REST
import Storage
import Tokens

/// All limits on input from outside: what each limits, its default, its setting, and what happens beyond it.
/// docs/reference/limits.md is generated from it.
enum LimitCatalogue {
    struct Limit {
        let name: String
        let value: String
        /// The key in the configuration; `nil` for a fixed limit.
        let key: String?
        let beyond: String

        init(_ name: String, _ value: String, key: String? = nil, _ beyond: String) {
            self.name = name
            self.value = value
            self.key = key
            self.beyond = beyond
        }
    }

    private static let http = HTTPLimits()
    private static let shared = SharedHTTPLimits()
    private static let request = JSONLimits.request
    private static let document = JSONLimits.document
    private static let reads = ReadLimits()
    private static let client = HTTPClientOptions()

    static let sections: [(title: String, limits: [Limit])] = [
        (
            "Requests",
            [
                Limit(
                    "Bytes of a body", bytes(http.maximumBody), key: "limits.maxBody",
                    "413; a route of the gateway may have another limit by `RequestSize`"),
                Limit(
                    "Bytes of bodies that are not answered yet, all connections together",
                    bytes(shared.maximumBodies) + "; an eighth of a container's memory, if that is less",
                    key: "limits.maxBodies", "503 with `Retry-After`"),
                Limit("Bytes of the request line and the header fields", bytes(http.maximumHeader), "414 or 431"),
                Limit("Header fields", "\(http.maximumFields)", "431"),
                Limit("Parts of a query", "\(http.maximumQueryItems)", "400"),
                Limit(
                    "Requests in work in one service", "\(http.maximumInFlight)", key: "limits.maxInFlight",
                    "503 with `Retry-After`"),
                Limit("Time for the header", time(http.headerTime), "the connection is closed"),
                Limit(
                    "Time for the body; of one in pieces, for each \(bytes(HTTPLimits.slowestPiece))",
                    time(http.bodyTime), "408"),
                Limit("Time for the answer to be ready", time(http.handlerTime), key: "limits.requestTimeout", "503"),
                Limit(
                    "Time for the client to take the answer; of one in pieces, each piece", time(http.answerTime),
                    "the connection is closed"),
                Limit("Time between two requests of a connection", time(http.idleTime), "the connection is closed"),
            ]
        ),
        (
            "Requests to the gateway",
            [
                Limit(
                    "Characters of a header field's name", "letters, digits and `-`", key: "gateway.headerNames",
                    "the field is not passed on"),
                Limit("Routes that send a request on to another route", "\(GatewayLimits.forwards)", "508"),
                Limit("Gateways of this kind that a request has come through", "\(GatewayLimits.vias)", "508"),
                Limit(
                    "Bytes of a body that is held while it is passed on in pieces", bytes(BodyStream.capacity),
                    "whoever sends it waits"),
                Limit(
                    "Bodies of upstreams on their way in pieces", "\(client.maximumStreams)",
                    "503 for uploads; longer answers than 16 MiB are not passed on"),
                Limit(
                    "Time between two parts of an answer in pieces", time(OutboundRequest.streamIdleTime),
                    key: "gateway.timeouts.idle", "the answer is cut off"),
                Limit(
                    "Time for an upstream to answer", "15 s", key: "gateway.timeout",
                    "504; the outcome of what changes something is not known"),
            ]
        ),
        (
            "Access tokens",
            [
                Limit("Bytes of a token", bytes(TokenLimits.bytes), "401"),
                Limit("Objects and lists inside each other", "\(TokenLimits.depth)", "401"),
                Limit("Values in the header, and in the claims", "\(TokenLimits.values)", "401"),
                Limit("Bytes of a subject", "\(TokenLimits.subject)", "401"),
                Limit(
                    "Keys that a token without `kid` is tried with", "\(TokenLimits.candidates)",
                    "401, if none of them has signed it"),
                Limit("Keys of a set", "\(TokenLimits.keys)", "the set is refused; the keys before stay"),
                Limit("Bytes of a set", bytes(TokenLimits.keySetBytes), "the set is refused; the keys before stay"),
                Limit(
                    "Bits of an RSA key", "\(PublicKey.rsaBits.lowerBound) to \(PublicKey.rsaBits.upperBound)",
                    "the key is left out"),
                Limit("Bytes of a secret", "at least \(VerificationKey.leastSecret)", "the configuration is refused"),
                Limit(
                    "Time between two loads of an issuer's keys", "5 s", key: "gateway.access.minimumRefresh",
                    "requests with an unknown key wait"),
                Limit("Requests that wait for an issuer's keys", "\(TokenLimits.waiting)", "401"),
                Limit(
                    "Tokens that are remembered", "\(TokenLimits.remembered * 2)", "the longest unused are forgotten"),
            ]
        ),
        (
            "API keys",
            [
                Limit(
                    "Keys of a file, those that have ended included", "\(APIKeyLimits.keys)",
                    "`sambal apikey create` makes no more; a larger file is refused, and the keys before it stay"),
                Limit(
                    "Bytes of the file", bytes(APIKeyLimits.fileBytes), "the file is refused; the keys before it stay"),
                Limit("Roles of a key", "\(APIKeyLimits.roles)", "`sambal apikey create` refuses them"),
            ]
        ),
        (
            "Lists and searches",
            [
                Limit(
                    "Lists that one service reads at a time", "\(reads.scans)", key: "limits.lists", "they wait"),
                Limit(
                    "Lists that no index answers, at a time", "one less, but at least one", "they wait"),
                Limit(
                    "Lists that wait", "\(reads.waitingScans)", key: "limits.waitingLists", "503 with `Retry-After`"),
                Limit("Time that a list waits", time(reads.scanTime), key: "limits.listTime", "503 with `Retry-After`"),
                Limit(
                    "Time that the database takes for a list", time(reads.scanTime), key: "limits.listTime",
                    "it is stopped: 503 with `Retry-After`, and what it can be sorted by"),
                Limit("Items of a page", "1000", "400"),
                Limit(
                    "Bytes of the documents of a page", bytes(ReadLimits.pageBytes),
                    "fewer items: `page.size` says how many, and the links lead to the others"),
                Limit("Number of a page", "1000000", "400"),
            ]
        ),
        (
            "Connections",
            [
                Limit(
                    "Connections of all listeners", "half of the descriptors that are free, 8192 at most",
                    "they wait to be accepted; `sambal_http_accept_pauses_total` and a line of the log say so"),
                Limit(
                    "Connections that each listener may have whatever the others have",
                    "the other half in equal parts", "they share the first half"),
                Limit(
                    "TLS handshakes at once, of a listener", "\(http.maximumHandshakes)",
                    "the one that has waited longest is closed"),
                Limit("Time for a TLS handshake", time(http.handshakeTime), "the connection is closed"),
                Limit(
                    "Work on TLS handshakes in one turn of the event loop",
                    "\(Int(http.handshakeTurn.seconds * 1000)) ms", "the others wait for the next turns, in their order"
                ),
                Limit(
                    "Time that a client has to end its side after the last answer", time(http.lingerTime),
                    "the connection is closed"),
                Limit(
                    "Descriptors", "the hard limit of the system, to which the soft one is raised",
                    "connections wait; `sambal_http_accept_pauses_total` and a line of the log say so"),
            ]
        ),
        (
            "Fields of requests",
            [
                Limit(
                    "Ids in paths and bodies, of what is new",
                    "\(ResourceIdentifier.lengths.lowerBound) to \(ResourceIdentifier.lengths.upperBound) letters, digits, or "
                        + "`-` `.` `_` `~`", "400 that names the field"),
                Limit("Names", "1 to 200 characters", "400 that names the field"),
                Limit("Reasons", "1 to 500 characters", "400 that names the field"),
                Limit("Lines of an order", "1000", "400 that names the field"),
            ]
        ),
        (
            "JSON in requests",
            [
                Limit("Objects and lists inside each other", "\(request.depth)", "400"),
                Limit("Values", "\(request.values)", "400"),
                Limit("Bytes of one text or name", bytes(request.text), "400"),
                Limit("Characters of one number", "\(request.number)", "400"),
            ]
        ),
        (
            "JSON in callbacks, in answers of other servers, in events and in the shop's own records",
            [
                Limit("Bytes", bytes(document.bytes), "an error of the call or the record"),
                Limit("Objects and lists inside each other", "\(document.depth)", "an error of the call or the record"),
                Limit("Values", "\(document.values)", "an error of the call or the record"),
                Limit("Bytes of one text or name", bytes(document.text), "an error of the call or the record"),
                Limit("Characters of one number", "\(document.number)", "an error of the call or the record"),
            ]
        ),
        (
            "Answers of other servers",
            [
                Limit("Bytes of a body", bytes(client.maximumResponse), "the call fails; its outcome is not known"),
                Limit(
                    "Bytes of the header fields", bytes(client.maximumResponseHeader),
                    "the call fails; its outcome is not known"),
                Limit("Calls under way", "\(client.maximumConcurrent)", "they wait"),
                Limit("Calls that wait", "\(client.maximumWaiting)", "the call fails before it is sent"),
                Limit(
                    "Time for a connection to come about", time(client.connectTimeout),
                    "the call fails before it is sent"),
            ]
        ),
        (
            "The process",
            [
                Limit(
                    "Time of one turn of the event loop", time(.seconds(30)), key: "limits.loopHang",
                    "the process ends with status 70, so that a new one is started"),
                Limit(
                    "Values of one metric's labels", "1000",
                    "they are counted as `other`; `sambal_metrics_overflows_total` says so"),
            ]
        ),
    ]

    /// The text of docs/reference/limits.md.
    static var markdown: String {
        var text = """
            # Limits

            Everything that comes from outside is bounded before anything is made of it. This page is made from \
            `LimitCatalogue.swift`; a test compares them.


            """
        for (title, limits) in sections {
            text += "## \(title)\n| limit | default | configuration | beyond it |\n|---|---|---|---|\n"
            for limit in limits {
                let key = limit.key.map { "`\($0)`" } ?? "–"
                text += "| \(limit.name) | \(limit.value) | \(key) | \(limit.beyond) |\n"
            }
            text += "\n"
        }
        return text + """
            Hosts: a listener answers a request that came over loopback only if its `Host` is an address, `localhost`, a \
            name without a dot, or one of `hosts` in the configuration (421 otherwise; `"*"` allows every name). So the \
            page of a stranger whose name leads to loopback gets nothing. Requests that came to other addresses are \
            answered for every host, unless `hosts` is configured. A request that changes something is refused (403) if \
            a browser says that a page of another origin sends it.

            """
    }

    private static func bytes(_ count: Int) -> String {
        if count >= 1 << 20, count % (1 << 20) == 0 { return "\(count >> 20) MiB" }
        return count % 1024 == 0 ? "\(count >> 10) KiB" : "\(count) bytes"
    }

    private static func time(_ duration: Duration) -> String { "\(Int(duration.seconds)) s" }
}
