import HTTP
import HTTPServer
import Kernel
import Runtime
import ServiceHost
import Telemetry

/// A service's sockets: plain HTTP, and TLS if it is configured.
struct ServiceListener: Listener {
    private let servers: [HTTPServer]
    let address: String

    /// Methods that are counted by their names; a client may invent any number of others.
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    init(
        _ name: String, _ options: ListenerOptions, settings: ShopSettings, loop: EventLoop, shared: SharedHTTPLimits,
        hangs: HangResponder, log: Logger
    ) {
        let place = settings.place(of: name)
        let durations = options.metrics.histogram(
            "sambal_http_request_duration_seconds", help: "From the request's arrival to its answer.")
        let requests = options.metrics.counter(
            "sambal_http_requests_total", help: "Requests answered.", labels: ["method", "status"])
        let shortages = options.metrics.counter(
            "sambal_http_accept_pauses_total",
            help: "Times that connections began to wait, for lack of resources or at a limit.")
        options.metrics.gauge("sambal_http_connections", help: "Connections of the process's listeners.") {
            Double(shared.openConnections)
        }
        options.metrics.gauge("sambal_http_body_bytes", help: "Bytes of bodies that are not answered yet.") {
            Double(shared.heldBodies)
        }
        var limits = HTTPLimits()
        limits.maximumBody = settings.maxBody
        limits.handlerTime = settings.requestTimeout
        limits.maximumInFlight = settings.maxInFlight
        limits.maximumConnections = shared.maximumConnections
        let observer: HTTPServer.Observer = { method, status, duration in
            durations.observe(duration.seconds)
            let name = Self.methods.contains(method.rawValue) ? method.rawValue : "other"
            requests.labelled(name, String(status)).increment()
        }
        let shortage: HTTPServer.ShortageObserver = { reason in
            shortages.increment()
            log.error(
                "connections wait: none can be accepted until others end",
                metadata: ["listener": .string(name), "error": .string(reason)])
        }
        let hosts = HostRule(names: settings.hosts)
        let streaming = options.largestStream.map { largest in
            BodyStreaming { max(settings.maxBody, largest()) }
        }
        var servers = [
            HTTPServer(
                loop: loop, address: place.address, port: place.port, limits: limits, hosts: hosts, shared: shared,
                observer: observer, shortage: shortage, hangs: hangs, streaming: streaming,
                handler: options.respond)
        ]
        if let secure = options.secure {
            let handshakes = options.metrics.counter(
                "sambal_tls_handshakes_total",
                help: "TLS handshakes by result: done, failed, timed_out, displaced by others, or plain HTTP.",
                labels: ["result"])
            servers.append(
                HTTPServer(
                    loop: loop, address: place.address, port: secure.port, limits: limits, hosts: hosts,
                    shared: shared, tls: secure.credentials, observer: observer, shortage: shortage,
                    handshakes: { handshakes.labelled($0.rawValue).increment() }, streaming: streaming,
                    handler: options.respond))
        }
        self.servers = servers
        address = "http://\(place.address == "0.0.0.0" ? "127.0.0.1" : place.address):\(place.port)"
    }

    /// Throws if one port is taken; then none is listened at.
    func start() throws {
        for (index, server) in servers.enumerated() {
            do {
                try server.start()
            } catch {
                for started in servers[..<index] { Task { await started.stop(grace: .zero) } }
                throw error
            }
        }
    }

    func stop(grace: Duration) async {
        await withDiscardingTaskGroup { group in
            for server in servers { group.addTask { await server.stop(grace: grace) } }
        }
    }
}
