public import HTTP
public import Kernel
import Messaging
import Storage
import Telemetry

/// What a service declares, without running it: read from the very declarations that the host runs.
public struct ServiceOutline: Sendable {
    /// Something that a caller can ask for.
    public struct Command: Sendable, Hashable {
        public let method: String
        public let path: String
        public let summary: String
    }
    /// "Whenever that event comes, this is done."
    public struct Policy: Sendable, Hashable {
        /// The event's full type.
        public let event: String
        public let name: String
    }
    public let name: String
    public let kind: ServiceKind
    public let summary: String
    public let calls: [String]
    /// The full types of its events.
    public let publishes: [String]
    public let externalSystems: [String]
    /// The names of the collections that it owns, without those of the platform.
    public let collections: [String]
    public let commands: [Command]
    public let policies: [Policy]
    /// All routes, those that only read among them.
    public let routes: [Route]
    public let sagas: [SagaOutline]

    /// `folder` is for services that keep files: it may be made, and stays empty. The loop runs nothing.
    public init(of definition: any ServiceDefinition, loop: any Loop, folder: String) throws {
        let type = type(of: definition)
        let parts = try definition.parts(.describing(type, loop: loop, folder: folder))
        name = type.name
        kind = type.kind
        summary = type.summary
        calls = type.calls
        publishes = type.publishes.map { $0.type }
        externalSystems = type.externalSystems
        sagas = parts.sagas
        collections = type.migrations.flatMap(\.steps).compactMap { step in
            guard case .create(let schema) = step else { return nil }
            return schema.name
        }.filter { name in
            !Self.platformCollections.contains(name) && parts.readModel?.shadows.contains(name) != true
                && !parts.sagas.contains { $0.name + "Sagas" == name }
        }
        commands = parts.routes.filter { $0.method != .get && $0.method != .head }.map {
            Command(method: $0.method.rawValue, path: $0.pattern, summary: $0.summary)
        }
        routes = parts.routes
        policies = parts.handlers.map { Policy(event: $0.type, name: $0.policy) }
    }

    private static let platformCollections = Set(
        (ServiceEnvironment.migrationSteps + ReadModel.migrationSteps).compactMap { step in
            guard case .create(let schema) = step else { return nil }
            return schema.name
        } + ["idempotency", OperatorTask.collection.name])
}

extension ServiceEnvironment {
    /// One that can be declared with and not run.
    fileprivate static func describing(
        _ type: any ServiceDefinition.Type, loop: any Loop, folder: String
    ) -> ServiceEnvironment {
        let nowhere = Nowhere()
        let identifiers = IdentifierGenerator(loop: loop)
        return ServiceEnvironment(
            name: type.name, loop: loop, log: .disabled, metrics: MetricsRegistry(), identifiers: identifiers,
            ownDatabase: type.kind.hasDatabase ? nowhere : nil, outbox: nil,
            events: EventFactory(source: "/" + type.name, identifiers: identifiers, loop: loop),
            clients: Dictionary(
                uniqueKeysWithValues: type.calls.map {
                    ($0, ServiceClient(name: $0, baseURL: "http://\($0)", transport: nowhere))
                }),
            published: [], plainExternalTransport: nowhere,
            secretText: { _ in "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }, folderPath: { _ in folder })
    }
}

/// Stands for a database and a network that nobody turns to while a service only declares itself.
private struct Nowhere: Database, Transport {
    private var refusal: StorageError { StorageError(.unavailable, "a service that is only described has no database") }

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result { throw refusal }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { throw refusal }

    func migrate(_ migrations: [Migration]) async throws { throw refusal }
    func check() async throws { throw refusal }
    func close() async {}

    func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        throw TransportError(.unreachable, "a service that is only described calls nobody")
    }
}
