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
            routes.map(\.audited) + probeRoutes
                + (index + [
                    Route(.get, "/openapi.json", summary: "Describes this service (OpenAPI 3.1)") { [resources] _ in
                        let document = await openAPI.data(on: resources.loop)
                        return Response(status: 200, headers: ["Content-Type": "application/json"], body: document)
                    }
                ]).map { $0.open(to: .everyone) },
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
            // A call within this process comes in the task of its caller's operation, and is none itself.
            return await AuditTrail.suspended { await router.respond(to: request) }
        }
        let answerForCaller = { @Sendable (request: Request) async -> Response in
            var request = request
            do throws(Problem) {
                request.caller = try Caller(request.headers)
            } catch {
                return error.response(instance: request.path)
            }
            Caller.remove(from: &request.headers)
            return await Caller.acting(for: request.caller) { await own(request) }
        }
        return { request in
            let trace =
                request.headers["traceparent"].flatMap(TraceContext.init)?.child(random: loop.random)
                ?? TraceContext.start(random: loop.random)
            var request = request
            request.bodyWorker = bodyWorker
            return await inFlight.answer(request) { request in
                var response = await TraceContext.$current.withValue(trace) {
                    guard let intake else { return await answerForCaller(request) }
                    // An intake stands before strangers: whom a request says it is from means nothing there.
                    return await Caller.acting(for: nil) { await intake(request, own) }
                }
                BrowserRule.forbidStoring(&response)
                return response
            }
        }
    }

    /// Stands before the listener if the port asks for service tokens. Calls within this process do not pass it.
    func gated(_ respond: @escaping @Sendable (Request) async -> Response) -> @Sendable (Request) async -> Response {
        guard let keys = resources.trust.keys, resources.trust.asking.contains(name) else { return respond }
        let gate = ServiceGate(
            name, keys: keys, selfCheckedPaths: type(of: definition).selfCheckedPaths, loop: resources.loop, log: log,
            metrics: metrics)
        return { request in
            switch gate.admit(request) {
            case .success(let request): await respond(request)
            case .failure(let problem): problem.response(instance: request.path)
            }
        }
    }

    /// Returns the routes for operators: dead letters, the rebuild of a read model, and the audit log.
    func makeOperatorRoutes(
        hears: Bool, _ keeper: ReadModelKeeper?, _ database: (any Database)?
    ) -> [Route] {
        let letters = DeadLetterRoutes(service: name) { [weak self] in self?.consumer?.deadLetters }
        let audit = database as? AuditingDatabase
        return (hears ? letters.routes : []) + (keeper.map { ReadModelRoutes(keeper: $0).routes } ?? [])
            + (audit.map { AuditRoutes(service: name, database: $0).routes } ?? [])
    }

    /// The routes for Kubernetes and Prometheus. Liveness says only whether this process should be restarted, so it
    /// does not depend on any other system.
    private var probeRoutes: [Route] {
        [
            Route(.get, "/livez", summary: "Whether the process is alive") { _ in .text("ok\n") }
                .open(to: .everyone),
            Route(.get, "/startupz", summary: "Whether the service has started", statuses: [200, 503]) {
                [self] _ in
                state == .starting ? .text("starting\n", status: 503) : .text("ok\n")
            }.open(to: .everyone),
            readinessRoute.open(to: .operators),
            Route(.get, "/metrics", summary: "Figures for Prometheus") { [metrics] _ in
                .text(metrics.render(), contentType: MetricsRegistry.contentType)
            }.open(to: .operators),
        ]
    }
}

/// The product's version, as shown by `--version`, OpenAPI and logs.
public enum SambalVersion {
    public static let current = "0.1.0"
}
