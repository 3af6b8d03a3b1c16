import FoundationEssentials
import Kernel

/// What an event carries, as a Swift type; its name on the wire goes with it.
public protocol EventPayload: Codable, Sendable {
    /// For example `sambal.order.OrderPlaced.v1`.
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
