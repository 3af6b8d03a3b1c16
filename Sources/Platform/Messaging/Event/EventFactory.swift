import FoundationEssentials
public import Kernel

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
