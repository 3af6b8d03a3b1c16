public import Storage

/// An entity whose changes are told to others by events, which it records while it changes.
///
/// The repository of its service's environment (`repository(of:)`) publishes what was recorded in the transaction that
/// inserts, updates or deletes the aggregate, about its subject and with the version that is stored.
public protocol Aggregate: Entity where Recording == RecordsEvents {
    /// The subject and key of its events; its own identifier by default. Events of one service with the same subject
    /// keep their order, so aggregates that belong to an order return the order's identifier.
    var eventSubject: String { get }
    /// Declared as `public var recorded = RecordedEvents()`. It is neither stored nor compared.
    var recorded: RecordedEvents { get set }
}

extension Aggregate {
    public var eventSubject: String { id }

    /// Records what happened to it, to be published once that is stored.
    public mutating func record(_ event: some EventPayload) { recorded.append(event) }
}

/// Publishes events with the transaction that they belong to.
public protocol EventPublishing: Sendable {
    func publish(
        _ payload: some EventPayload, about subject: String, version: Int64, in tx: any Transaction
    ) async throws
}

/// The events that an aggregate has recorded and that are not published yet.
///
/// Copying an aggregate copies one reference, which is empty nearly always: its events are a list of objects, the
/// latest first, each with its payload inside.
public struct RecordedEvents: Sendable {
    private var latest: (any RecordedEvent)?

    public init() {}

    public var isEmpty: Bool { latest == nil }

    /// The events, oldest first.
    public var payloads: [any EventPayload] {
        var payloads: [any EventPayload] = []
        var next = latest
        while let event = next {
            payloads.append(event.any)
            next = event.earlier
        }
        return payloads.reversed()
    }

    mutating func append(_ payload: some EventPayload) {
        latest = Recorded(payload: payload, earlier: latest)
    }

    /// Forgets them, for an aggregate that nobody is to hear of.
    public mutating func removeAll() { latest = nil }

    /// Returns them and forgets them.
    public mutating func takeAll() -> RecordedEvents {
        defer { latest = nil }
        return self
    }

    /// Publishes them, oldest first.
    public func publish(
        by publisher: any EventPublishing, about subject: String, version: Int64, in tx: any Transaction
    ) async throws {
        try await latest?.publish(by: publisher, about: subject, version: version, in: tx)
    }
}

private protocol RecordedEvent: AnyObject, Sendable {
    var earlier: (any RecordedEvent)? { get }
    var any: any EventPayload { get }

    func publish(
        by publisher: any EventPublishing, about subject: String, version: Int64, in tx: any Transaction
    ) async throws
}

private final class Recorded<Payload: EventPayload>: RecordedEvent {
    let payload: Payload
    let earlier: (any RecordedEvent)?
    var any: any EventPayload { payload }

    init(payload: Payload, earlier: (any RecordedEvent)?) {
        self.payload = payload
        self.earlier = earlier
    }

    func publish(
        by publisher: any EventPublishing, about subject: String, version: Int64, in tx: any Transaction
    ) async throws {
        try await earlier?.publish(by: publisher, about: subject, version: version, in: tx)
        try await publisher.publish(payload, about: subject, version: version, in: tx)
    }
}

/// Aggregates are equal whatever they have recorded.
extension RecordedEvents: Hashable {
    public static func == (_: RecordedEvents, _: RecordedEvents) -> Bool { true }
    public func hash(into hasher: inout Hasher) {}
}

/// No document has them: the conformance is there so that those of aggregates can be synthesised, which call the two
/// methods below.
extension RecordedEvents: Codable {
    public init(from decoder: any Decoder) throws { self.init() }

    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self,
            .init(
                codingPath: encoder.codingPath,
                debugDescription: "recorded events are not stored: the file of the aggregate must import Messaging"))
    }
}

extension KeyedEncodingContainer {
    public mutating func encode(_: RecordedEvents, forKey: Key) throws {}
}

extension KeyedDecodingContainer {
    public func decode(_: RecordedEvents.Type, forKey: Key) throws -> RecordedEvents { RecordedEvents() }
}
