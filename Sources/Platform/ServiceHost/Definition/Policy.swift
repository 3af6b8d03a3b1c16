public import Messaging
public import Storage

/// A policy as a service declares it: "whenever that event comes, this is done", by an `Owner`.
public struct Policy<Owner: Sendable>: Sendable {
    /// The event's full type.
    public let event: String
    /// The policy in a few words, for the event-storming board.
    public let name: String
    private let handle: @Sendable (Owner, CloudEvent, any Transaction) async throws -> Void

    private init(
        _ event: String, _ name: String,
        _ handle: @escaping @Sendable (Owner, CloudEvent, any Transaction) async throws -> Void
    ) {
        self.event = event
        self.name = name
        self.handle = handle
    }

    /// Declares what an owner does with each event of that type. `handle` gets the owner, the event's data, the event
    /// as it came (its subject, time and sequence), and the transaction in which everything that it does must be
    /// written.
    public static func on<Payload: EventPayload>(
        _ payload: Payload.Type, _ name: String,
        _ handle: @escaping @Sendable (Owner, Payload, CloudEvent, any Transaction) async throws -> Void
    ) -> Policy {
        Policy(Payload.type, name) { owner, event, tx in
            try await handle(owner, event.decode(Payload.self), event, tx)
        }
    }

    /// Returns the subscription by which `owner` hears the event.
    public func bound(to owner: Owner) -> EventSubscription {
        EventSubscription(type: event, policy: name) { [handle] event, tx in try await handle(owner, event, tx) }
    }

    /// Returns the policy of a whole that has the owner as a part.
    public func of<Whole: Sendable>(_ owner: @escaping @Sendable (Whole) -> Owner) -> Policy<Whole> {
        Policy<Whole>(event, name) { [handle] whole, event, tx in try await handle(owner(whole), event, tx) }
    }
}
