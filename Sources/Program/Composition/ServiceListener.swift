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

    init(_ name: String, _ options: ListenerOptions, settings: ShopSettings, loop: EventLoop) {
        let place = settings.place(of: name)
        let durations = options.metrics.histogram(
            "sambal_http_request_duration_seconds", help: "From the request's arrival to its answer.")
        let requests = options.metrics.counter(
            "sambal_http_requests_total", help: "Requests answered.", labels: ["method", "status"])
        var limits = HTTPLimits()
        limits.maximumBody = settings.maxBody
        limits.handlerTime = settings.requestTimeout
        limits.maximumInFlight = settings.maxInFlight
        server = HTTPServer(
            loop: loop, address: place.address, port: place.port, limits: limits,
            observer: { method, status, duration in
                durations.observe(duration.seconds)
                requests.labelled(method.rawValue, String(status)).increment()
            }, handler: options.respond)
        address = "http://\(place.address == "0.0.0.0" ? "127.0.0.1" : place.address):\(place.port)"
    }

    func start() throws { try server.start() }
    func stop(grace: Duration) async { await server.stop(grace: grace) }
}
