import FoundationEssentials
import Glibc
import HTTP
import HTTPServer
import Kernel
import ServiceHost
import Telemetry

/// Takes commands for a running shop on a Unix socket in its data folder.
struct ControlServer: Sendable {
    private let server: HTTPServer
    private let path: String

    init(_ shop: Shop) throws {
        let folder = ControlAPI.folder(data: shop.data)
        try DataFolder.create(folder)
        ControlSocket.removeAbandoned(in: folder)
        path = ControlSocket.newPath(in: folder)
        let router = try Router(Self.routes(shop))
        server = HTTPServer(
            loop: shop.loop, endpoint: .unix(path)
        ) { await router.respond(to: $0) }
    }

    func start() throws { try server.start() }

    func stop() async {
        await server.stop(grace: .seconds(1))
        unlink(path)
    }

    private static func routes(_ shop: Shop) -> [Route] {
        [
            Route(.get, "/services", summary: "Lists the services of this process") { _ in
                try .json(ControlAPI.Services(host: ControlAPI.host, services: await statuses(shop)))
            },
            Route(.post, "/services/{name}/stop", summary: "Stops a service gracefully") { request in
                let service = try service(request, shop)
                await service.stop(grace: shop.settings.grace)
                shop.log.info("stopped by command", metadata: ["stopped": .string(service.name)])
                return try .json(await status(service))
            },
            Route(.post, "/services/{name}/start", summary: "Starts a stopped service") { request in
                let service = try service(request, shop)
                do { try await service.start() } catch { throw Problem(status: 409, detail: ErrorText.of(error)) }
                shop.log.info("started by command", metadata: ["started": .string(service.name)])
                return try .json(await status(service))
            },
        ]
    }

    private static func service(_ request: Request, _ shop: Shop) throws -> RunningService {
        let name: String = try request.parameter("name")
        guard let service = shop.host[name] else { throw Problem.notFound("service \(name) in this process") }
        return service
    }

    /// The states of all services, read at once: each takes as long as its slowest dependency.
    private static func statuses(_ shop: Shop) async -> [ControlAPI.ServiceStatus] {
        let services = shop.host.services
        let found = await withTaskGroup(of: ControlAPI.ServiceStatus.self) { group in
            for service in services { group.addTask { await status(service) } }
            return await group.reduce(into: [String: ControlAPI.ServiceStatus]()) { $0[$1.name] = $1 }
        }
        return services.compactMap { found[$0.name] }
    }

    /// The unavailable dependencies, as `/readyz` reports them.
    private static func status(_ service: RunningService) async -> ControlAPI.ServiceStatus {
        let readiness = await service.readiness()
        return ControlAPI.ServiceStatus(
            name: service.name, state: readiness.status, address: service.address, failures: readiness.failures)
    }
}
