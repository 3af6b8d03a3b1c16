public import HTTP
import Messaging
import Storage

/// The declarations of a service, read without running it.
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
    /// The names of its background work.
    public let jobs: [String]

    public init<Service: ServiceDefinition>(of type: Service.Type) {
        name = type.name
        kind = type.kind
        summary = type.summary
        calls = type.calls
        publishes = type.publishes.map { $0.type }
        externalSystems = type.externalSystems
        sagas = type.sagas
        jobs = type.jobs.map(\.name)
        let others = Self.platformCollections.union(type.sagas.map { $0.name + "Sagas" })
        collections = Self.collections(in: type.migrations.flatMap(\.steps)).filter {
            !others.contains($0) && !ReadModel.isShadow($0)
        }
        routes = type.routes.map(\.route)
        commands = routes.filter { $0.method != .get && $0.method != .head }.map {
            Command(method: $0.method.rawValue, path: $0.pattern, summary: $0.summary)
        }
        policies = type.policies.map { Policy(event: $0.event, name: $0.name) }
    }

    private static let platformCollections = Set(
        collections(in: ServiceEnvironment.migrationSteps + ReadModel.migrationSteps)
            + ["idempotency", OperatorTask.collection.name])

    private static func collections(in steps: [Migration.Step]) -> [String] {
        steps.compactMap { step in
            guard case .create(let schema) = step else { return nil }
            return schema.name
        }
    }
}

extension ServiceDefinition {
    public static var outline: ServiceOutline { ServiceOutline(of: Self.self) }
}
