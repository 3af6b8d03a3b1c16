public import FoundationEssentials
public import Kernel

/// An event as CloudEvents 1.0 has it. `source` and `id` together name it: a second one with both equal is a duplicate.
public struct CloudEvent: Sendable, Hashable {
    public var id: String
    /// The service that published it, for example `/order`.
    public var source: String
    /// For example `sambal.order.OrderPlaced.v1`.
    public var type: String
    /// The aggregate it is about; events of one subject keep their order. The record key on Kafka (`partitionkey`).
    public var subject: String
    public var time: Timestamp
    /// The version of the publishing aggregate after the step (CloudEvents' `sequence` extension).
    public var sequence: Int64
    /// W3C trace context, where there is one.
    public var traceparent: String?
    /// JSON (`datacontenttype: application/json`).
    public var data: Data

    public init(
        id: String, source: String, type: String, subject: String, time: Timestamp, sequence: Int64,
        traceparent: String? = nil, data: Data
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.sequence = sequence
        self.traceparent = traceparent
        self.data = data
    }
}

/// The data of an event, as a Swift type with its name on the wire. Those of a service stand in `Sources/Contracts`.
///
/// Events are stored for good, so a published type changes by optional properties only; any other change is a new type
/// of the next version.
public protocol EventPayload: Codable, Sendable {
    /// The CloudEvents type, `sambal.SERVICE.NAME.vN`, for example `sambal.order.OrderPlaced.v1`.
    static var type: String { get }
}

extension CloudEvent {
    /// The payload; throws `EventError` when the event is of another type, or its data does not fit.
    public func decode<Payload: EventPayload>(_ payload: Payload.Type) throws -> Payload {
        guard type == Payload.type else {
            throw EventError(.wrongType, "event \(source) \(id) is a \(type), not a \(Payload.type)")
        }
        do {
            return try JSON.decode(payload, from: data)
        } catch {
            throw EventError(
                .unreadable, "the data of event \(source) \(id) (\(type)) cannot be read: \(ErrorText.of(error))")
        }
    }
}

/// Makes one service's events.
public struct EventFactory: Sendable {
    public let source: String
    private let identifiers: IdentifierGenerator
    private let loop: any Loop

    /// `source` names the service, for example `/order`.
    public init(source: String, identifiers: IdentifierGenerator, loop: any Loop) {
        self.source = source
        self.identifiers = identifiers
        self.loop = loop
    }

    /// An event that happens now. `subject` is the aggregate's id, `sequence` its version after the step.
    public func make<Payload: EventPayload>(
        _ payload: Payload, subject: String, sequence: Int64, traceparent: String? = nil
    ) throws -> CloudEvent {
        CloudEvent(
            id: identifiers.next(), source: source, type: Payload.type, subject: subject, time: loop.now,
            sequence: sequence, traceparent: traceparent, data: try JSON.encode(payload))
    }
}

/// A fault of an event, or of the place where one was looked for.
public struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public enum Code: Sendable, Hashable {
        /// The event is not of the type that it was read as.
        case wrongType
        /// The data is not what the type promises.
        case unreadable
        /// A subscriber is further than the log goes: the log was replaced by another one.
        case logReplaced
    }
    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
