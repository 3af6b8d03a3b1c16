import HTTP
import HTTPServer
import Kernel
import Runtime
import ServiceHost
import Telemetry

/// A service's socket.
struct ServiceListener: Listener {
    let server: HTTPServer
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
        server = HTTPServer(
            loop: loop, address: place.address, port: place.port, limits: limits,
            hosts: HostRule(names: settings.hosts), shared: shared,
            observer: { method, status, duration in
                durations.observe(duration.seconds)
                let name = Self.methods.contains(method.rawValue) ? method.rawValue : "other"
                requests.labelled(name, String(status)).increment()
            },
            shortage: { reason in
                shortages.increment()
                log.error(
                    "connections wait: none can be accepted until others end",
                    metadata: ["listener": .string(name), "error": .string(reason)])
            }, hangs: hangs, handler: options.respond)
        address = "http://\(place.address == "0.0.0.0" ? "127.0.0.1" : place.address):\(place.port)"
    }

    func start() throws { try server.start() }
    func stop(grace: Duration) async { await server.stop(grace: grace) }
}
