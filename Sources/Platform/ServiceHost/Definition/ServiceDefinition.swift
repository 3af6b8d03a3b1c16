public import Configuration
public import HTTP
public import Kernel
public import Messaging
public import Storage

/// The declaration of a service: its name, port, storage, routes, policies, jobs, and the services that it calls. All of
/// it is static, so that it is read without running anything; `parts` makes the objects that do the work. `Host` runs it.
public protocol ServiceDefinition: Sendable {
    /// The objects that routes, policies and jobs call. A service whose routes depend on its settings has `ServiceParts`
    /// and declares none.
    associatedtype Parts: Sendable = ServiceParts

    /// The name in commands, configuration and event sources, for example `order`.
    static var name: String { get }
    static var kind: ServiceKind { get }
    /// The default port.
    static var port: Int { get }
    /// The purpose of the service, in a few words.
    static var summary: String { get }
    /// The services that it calls.
    static var calls: [String] { get }
    /// The events that it may publish; any other is refused.
    static var publishes: [any EventPayload.Type] { get }
    /// Whether it is the shop's entry for everybody, whose port asks for no service token.
    static var isEntry: Bool { get }
    /// Beginnings of the paths whose requests the service itself checks, by something else than a service token.
    static var selfCheckedPaths: [String] { get }
    /// The systems outside of the shop that it calls, for example `SMTP server`.
    static var externalSystems: [String] { get }
    /// The keys of its section in the configuration file of another product, if it understands such files; else empty.
    static var foreignSections: [[String]] { get }
    /// The migrations of its database, numbered from 1; empty if it has none.
    static var migrations: [Migration] { get }
    /// Its resources, its commands, and other routes.
    static var routes: [RouteDeclaration<Parts>] { get }
    /// The policies: what is done when an event comes.
    static var policies: [Policy<Parts>] { get }
    /// The work in the background.
    static var jobs: [JobDeclaration<Parts>] { get }
    static var sagas: [SagaOutline] { get }
    /// The path of its web page, to which `/` sends a browser; `nil` if it has none.
    static var page: String? { get }

    /// Reads its section of the configuration. The reader collects the errors.
    init(from section: Configuration)

    /// The ports at which it listens beside its own, and where each is configured; empty for most services.
    var furtherPorts: [FurtherPort] { get }

    /// Checks the files that its section names, for `sambal config check`. A start reads them anyway, and only in the
    /// process that runs the service: another one may not be allowed to read them. Returns what the start would say of
    /// them at `time` and start all the same.
    func checkFiles(at time: Timestamp) throws -> [String]

    func parts(_ context: ServiceEnvironment) throws -> Parts
}

extension ServiceDefinition {
    public static var calls: [String] { [] }
    public static var publishes: [any EventPayload.Type] { [] }
    public static var externalSystems: [String] { [] }
    public static var isEntry: Bool { false }
    public static var selfCheckedPaths: [String] { [] }
    public static var foreignSections: [[String]] { [] }
    public static var migrations: [Migration] { [] }
    public var furtherPorts: [FurtherPort] { [] }
    public func checkFiles(at time: Timestamp) throws -> [String] { [] }
    public static var routes: [RouteDeclaration<Parts>] { [] }
    public static var policies: [Policy<Parts>] { [] }
    public static var jobs: [JobDeclaration<Parts>] { [] }
    public static var sagas: [SagaOutline] { [] }
    public static var page: String? { nil }
}

/// A port of a service beside its own.
public struct FurtherPort: Sendable, Hashable {
    /// The keys that lead to it within the service's section, for example `tls` and `port`.
    public let keys: [String]
    public let port: Int

    public init(keys: [String], port: Int) {
        self.keys = keys
        self.port = port
    }
}

extension ServiceDefinition {
    /// Makes the service's parts, with everything that is declared bound to them.
    public func assembled(_ context: ServiceEnvironment) throws -> ServiceParts {
        let own = try parts(context)
        var parts = own as? ServiceParts ?? ServiceParts(readModel: (own as? any HasReadModel)?.readModel)
        parts.routes += Self.routes.map { $0.bound(to: own) }
        parts.handlers += Self.policies.map { $0.bound(to: own) }
        parts.background += try Self.jobs.compactMap { try $0.bound(to: own) }
        return parts
    }
}

/// The kinds of service, each with what the host gives it.
public enum ServiceKind: String, Codable, Sendable, CaseIterable {
    /// Keeps nothing: no database.
    case stateless
    /// Owns data.
    case persistence
    /// Combines other services: calls them, and stores what it needs for that.
    case aggregation
    /// Built from the events of others (CQRS).
    case readModel = "read model"
    /// Stands for a system outside the shop.
    case simulator

    public var hasDatabase: Bool { self != .stateless }
}
