public import Configuration
public import Messaging
public import Storage

/// A service as it declares itself: what it is called, where it listens, what it stores, calls, answers and hears.
/// `Host` runs it.
public protocol ServiceDefinition: Sendable {
    /// In commands, configuration and event sources, for example `order`.
    static var name: String { get }
    static var kind: ServiceKind { get }
    /// Where it listens unless the configuration says otherwise.
    static var port: Int { get }
    /// What it owns or does, in a few words.
    static var summary: String { get }
    /// The services that it calls.
    static var calls: [String] { get }
    /// The events that it may publish; another is refused.
    static var publishes: [any EventPayload.Type] { get }
    /// Whom it turns to outside of the shop, for example `SMTP server`.
    static var externalSystems: [String] { get }
    /// The keys that lead to its section in the file of another product, where it understands that product's words; empty
    /// where it does not.
    static var foreignSections: [[String]] { get }
    /// Of its database, from 1; empty where it has none.
    static var migrations: [Migration] { get }

    /// Reads its own section of the configuration; what is wrong there is collected by the reader.
    init(from section: Configuration)

    /// The sockets at which it listens.
    var listenerCount: Int { get }

    /// Checks the files that its section names, for `sambal config check`. A start reads them anyway, and only in the
    /// process that runs the service: another one may not be allowed to read them.
    func checkFiles() throws

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts
}

extension ServiceDefinition {
    public static var calls: [String] { [] }
    public static var publishes: [any EventPayload.Type] { [] }
    public static var externalSystems: [String] { [] }
    public static var foreignSections: [[String]] { [] }
    public static var migrations: [Migration] { [] }
    public var listenerCount: Int { 1 }
    public func checkFiles() throws {}
}
