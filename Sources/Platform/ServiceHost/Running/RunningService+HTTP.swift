import HTTP
import Kernel
import Messaging
import Storage
import Telemetry

extension RunningService {
    /// Makes the handler of all requests: the service's own routes, and those that every service has.
    func makeResponder(
        _ routes: [Route], intake: ServiceParts.Intake? = nil
    ) throws -> @Sendable (Request) async -> Response {
        let openAPI = OpenAPIDocument(title: "Sambal " + name, routes: routes)
        let (description, page) = (ServiceIndex(of: definition), type(of: definition).page)
        let index =
            (routes.contains { $0.pattern == "/" } ? [] : [description.route(among: routes, page: page)])
            + [description.profileRoute(among: routes)].compactMap { $0 }
        let router = try Router(
            routes + index + probeRoutes + [
                Route(.get, "/openapi.json", summary: "Describes this service (OpenAPI 3.1)") { [resources] _ in
                    let document = await openAPI.data(on: resources.loop)
                    return Response(status: 200, headers: ["Content-Type": "application/json"], body: document)
                }
            ],
            onError: { [log] error, request in
                log.error(
                    "request failed",
                    metadata: [
                        "method": .string(request.method.rawValue), "path": .string(request.path),
                        "error": .string(ErrorText.of(error)),
                    ])
            })
        let (loop, inFlight) = (resources.loop, inFlight)
        let bodyWorker = loop.makeWorker(named: "body-read")
        let own = { @Sendable (request: Request) async -> Response in
            if let refusal = BrowserRule.refusal(of: request) { return refusal }
            return await router.respond(to: request)
        }
        return { request in
            let trace =
                request.headers["traceparent"].flatMap(TraceContext.init)?.child(random: loop.random)
                ?? TraceContext.start(random: loop.random)
            var request = request
            request.bodyWorker = bodyWorker
            return await inFlight.answer(request) { request in
                var response = await TraceContext.$current.withValue(trace) {
                    if let intake { await intake(request, own) } else { await own(request) }
                }
                BrowserRule.forbidStoring(&response)
                return response
            }
        }
    }

    /// Returns the routes for operators: dead letters and the rebuild of a read model.
    func makeOperatorRoutes(hears: Bool, _ keeper: ReadModelKeeper?) -> [Route] {
        let letters = DeadLetterRoutes(service: name) { [weak self] in self?.consumer?.deadLetters }
        return (hears ? letters.routes : []) + (keeper.map { ReadModelRoutes(keeper: $0).routes } ?? [])
    }

    /// The routes for Kubernetes and Prometheus. Liveness says only whether this process should be restarted, so it
    /// does not depend on any other system.
    private var probeRoutes: [Route] {
        [
            Route(.get, "/livez", summary: "Whether the process is alive") { _ in .text("ok\n") },
            Route(.get, "/startupz", summary: "Whether the service has started", statuses: [200, 503]) {
                [self] _ in
                state == .starting ? .text("starting\n", status: 503) : .text("ok\n")
            },
            readinessRoute,
            Route(.get, "/metrics", summary: "Figures for Prometheus") { [metrics] _ in
                .text(metrics.render(), contentType: MetricsRegistry.contentType)
            },
        ]
    }
}

/// The product's version, as shown by `--version`, OpenAPI and logs.
public enum SambalVersion {
    public static let current = "0.1.0"
}
