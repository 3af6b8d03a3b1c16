import HTTP
public import Kernel
public import Messaging
public import Storage
public import Telemetry
public import Webhooks

/// All that a service gets from its host: its time, its own database, its events, its log, and the services it calls.
public struct ServiceEnvironment: Sendable {
    public let name: String
    public let loop: any Loop
    public let log: Logger
    public let metrics: MetricsRegistry
    public let identifiers: IdentifierGenerator
    let ownDatabase: (any Database)?
    let outbox: Outbox?
    let events: EventFactory
    let clients: [String: ServiceClient]
    /// The types of event that it declared to publish.
    let published: Set<String>
    let plainExternalTransport: any Transport
    let secretText: @Sendable (String) throws -> String
    let folderPath: @Sendable (String) throws -> String

    /// What every service with a database stores beside its own collections: outbox, inbox and positions.
    public static let migrationSteps: [Migration.Step] =
        [.create(Outbox.collection.schema)] + Consumer.collections.map { .create($0) }

    /// The service's own database. Throws where its kind has none.
    public var database: any Database {
        get throws {
            guard let ownDatabase else {
                throw ServiceEnvironmentError(message: "\(name) is stateless: it has no database")
            }
            return ownDatabase
        }
    }

    /// A service that this one declared to call.
    public func client(for name: String) throws -> ServiceClient {
        guard let client = clients[name] else {
            throw ServiceEnvironmentError(message: "\(self.name) does not declare that it calls \(name)")
        }
        return client
    }

    /// The key that this service and another side share for callbacks.
    public func webhookSecret(_ name: String) throws -> WebhookSecret {
        guard let secret = WebhookSecret(try secretText(name)) else {
            throw ServiceEnvironmentError(message: "the secret \(name) must be whsec_ and base64 of at least 24 bytes")
        }
        return secret
    }

    /// A folder of the service's own for files.
    public func folder(_ name: String) throws -> String {
        try folderPath(name)
    }

    /// One transaction over everything the service stores.
    public func transaction<Result: Sendable>(
        _ closure: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await database.transaction(closure)
    }

    /// Publishes through the outbox an event that no aggregate records, exactly when the transaction becomes durable.
    /// `subject` is the id that orders the event among others (the order's); the first event of a publisher about a subject
    /// has version 1.
    public func publish(
        _ payload: some EventPayload, about subject: String, version: Int64 = 1, in tx: any Transaction
    ) async throws {
        let type = Swift.type(of: payload).type
        guard published.contains(type) else {
            throw ServiceEnvironmentError(message: "\(name) does not declare that it publishes \(type)")
        }
        guard let outbox else { throw ServiceEnvironmentError(message: "\(name) is stateless: it publishes nothing") }
        let event = try events.make(
            payload, subject: subject, sequence: version, traceparent: TraceContext.current?.description)
        try await outbox.append(event, in: tx)
    }
}

/// A mistake in a service's declaration.
public struct ServiceEnvironmentError: Error, CustomStringConvertible {
    let message: String
    public var description: String { message }
}
