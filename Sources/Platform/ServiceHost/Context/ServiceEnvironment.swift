import HTTP
public import Kernel
public import Messaging
public import Storage
public import Telemetry
import Tokens
public import Webhooks

/// Everything that a service gets from its host: time, its own database, events, log, and clients of the services it
/// calls.
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
    /// The event types that the service declares to publish.
    let published: Set<String>
    let plainExternalTransport: any Transport
    /// Signs requests to other services; `nil` if the shop signs none.
    let mint: ServiceTokenMint?
    let serviceAt: @Sendable (String) -> String?
    let secretText: @Sendable (String) throws -> String
    let folderPath: @Sendable (String) throws -> String

    /// The migration steps of every service with a database: outbox, inbox and positions.
    public static let migrationSteps: [Migration.Step] =
        [.create(Outbox.collection.schema)] + Consumer.collections.map { .create($0) }

    /// The service's own database. Throws if its kind has none.
    public var database: any Database {
        get throws {
            guard let ownDatabase else {
                throw ServiceEnvironmentError(message: "\(name) is stateless: it has no database")
            }
            return ownDatabase
        }
    }

    /// Returns the client of a service that this one declares to call.
    public func client(for name: String) throws -> ServiceClient {
        guard let client = clients[name] else {
            throw ServiceEnvironmentError(message: "\(self.name) does not declare that it calls \(name)")
        }
        return client
    }

    /// Returns the key that this service and the sender of callbacks share.
    public func webhookSecret(_ name: String) throws -> WebhookSecret {
        guard let secret = WebhookSecret(try secretText(name)) else {
            throw ServiceEnvironmentError(message: "the secret \(name) must be whsec_ and base64 of at least 24 bytes")
        }
        return secret
    }

    /// Returns the path of a file, or of a folder for files, of this service.
    public func folder(_ name: String) throws -> String {
        try folderPath(name)
    }

    /// Runs a transaction over everything that the service stores.
    public func transaction<Result: Sendable>(
        onConflict policy: ConflictPolicy = .fail,
        _ closure: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await database.transaction(onConflict: policy, closure)
    }

    /// Publishes an event that no aggregate records, through the outbox: it is published if and only if the transaction
    /// commits.
    ///
    /// Events with the same `subject` (the order's identifier) keep their order; the first event of a publisher about a
    /// subject has version 1.
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
