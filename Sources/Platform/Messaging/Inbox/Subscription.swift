public import Storage

/// One event type and what a consumer does with it.
public struct Subscription: Sendable {
    /// Works inside the transaction that also notes the event as handled, and may await nothing but that transaction.
    /// When it throws, the event is handled again later.
    public typealias Handler = @Sendable (CloudEvent, any Transaction) async throws -> Void

    public let type: String
    public let handler: Handler

    public init(type: String, handler: @escaping Handler) {
        self.type = type
        self.handler = handler
    }
}

/// A subscription that gets the payload ready to use: `handler(for: OrderPlaced.self) { order, event, tx in … }`.
public func handler<Payload: EventPayload>(
    for payload: Payload.Type,
    _ handle: @escaping @Sendable (Payload, CloudEvent, any Transaction) async throws -> Void
) -> Subscription {
    Subscription(type: Payload.type) { event, tx in try await handle(try event.decode(Payload.self), event, tx) }
}
