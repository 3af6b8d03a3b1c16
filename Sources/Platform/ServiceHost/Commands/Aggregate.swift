public import Messaging
public import Storage

/// An entity whose changes are told to others by events.
public protocol Aggregate: Entity {
    /// The identifier of the story that its events belong to: those of one story are told in their order.
    var eventSubject: String { get }
}

extension Aggregate {
    public var eventSubject: String { id }
}

extension ServiceEnvironment {
    /// Publishes through the outbox what happened to an aggregate, exactly when the transaction becomes durable. The event
    /// is about the aggregate's subject, and its sequence is the version of the aggregate as it was stored: pass what
    /// `insert` or `update` returned.
    public func publish(
        _ payload: some EventPayload, of aggregate: some Aggregate, in tx: any Transaction
    ) async throws {
        try await publish(payload, about: aggregate.eventSubject, version: aggregate.version, in: tx)
    }
}
