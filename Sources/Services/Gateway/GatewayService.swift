public import Configuration
import HTTP
public import Kernel
public import ServiceHost
import TLS
import Telemetry

/// The one entry point: routes to the services behind, as the YAML says, in Spring Cloud Gateway's words.
///
/// ```yaml
/// gateway:
///   routes:
///     - {path: /orders/**, service: order}
///     - id: payments
///       uri: payment
///       predicates: ["Path=/payments/**", "Method=GET"]
///       filters: ["AddResponseHeader=X-Shop, sambal"]
/// ```
///
/// docs/gateway.md has all of it.
public struct GatewayService: ServiceDefinition {
    public static let name = "gateway"
    public static let kind = ServiceKind.stateless
    public static let port = 8088
    public static let summary = "the one entry point, routed by YAML"
    public static let calls = [
        "order", "payment", "delivery", "dashboard", "notification", "product", "customer", "cart",
    ]
    public static let foreignSections = [
        ["spring", "cloud", "gateway", "server", "webflux"], ["spring", "cloud", "gateway"],
    ]

    /// The name of the file of API keys in the data folder, which `sambal apikey` writes.
    public static let apiKeyFile = "apikeys.json"

    private let settings: GatewaySettings

    public init(from section: Configuration) {
        settings = GatewaySettings(from: section, services: Self.calls)
    }

    /// The routes that answer without asking who sends a request.
    public var openRoutes: [String] { settings.table.routes.filter(\.isOpen).map(\.id) }
    /// The number of all routes.
    public var routeCount: Int { settings.table.routes.count }

    public var furtherPorts: [FurtherPort] {
        settings.tls.map { [FurtherPort(keys: ["tls", "port"], port: $0.port)] } ?? []
    }

    public func checkFiles(at time: Timestamp) throws -> [String] { try settings.tls?.remarks(at: time) ?? [] }

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let runtime = try GatewayRuntime(settings, context)
        var parts = ServiceParts(
            routes: [],
            background: [
                .init("upstream health") { try await runtime.checkHealth() },
                .init("issuer keys") { try await runtime.loadKeys() },
            ])
        if let tls = settings.tls, let certificate = runtime.certificate {
            parts.secureListener = .init(port: tls.port, credentials: certificate.credentials)
            parts.background.append(.init("certificate") { try await certificate.run() })
            context.log.info(
                "the gateway speaks TLS",
                metadata: [
                    .port: .integer(Int64(tls.port)), "certificate": .string(certificate.credentials.subject),
                    "until": .string(certificate.credentials.validUntil.description),
                ])
        }
        parts.intake = { request, own in await runtime.answer(request, own: own) }
        parts.largestStream = { runtime.largestBody }
        parts.takeOver = { definition in
            guard let other = definition as? GatewayService else { return }
            try await runtime.takeOver(other.settings)
        }
        return parts
    }
}
