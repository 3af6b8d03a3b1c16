public import Messaging
public import Storage

/// An event type that a service consumes, with its handler, which runs in one transaction with inbox and position.
public struct EventSubscription: Sendable {
    public typealias Handler = @Sendable (CloudEvent, any Transaction) async throws -> Void

    public let type: String
    /// The policy in a few words, for the event-storming board.
    public let policy: String
    public let handler: Handler

    public static func on<Payload: EventPayload>(
        _ payload: Payload.Type, _ policy: String = "",
        _ handler: @escaping @Sendable (Payload, CloudEvent, any Transaction) async throws -> Void
    ) -> EventSubscription {
        EventSubscription(type: Payload.type, policy: policy) { event, tx in
            try await handler(event.decode(Payload.self), event, tx)
        }
    }
}
