public import Contracts
public import Kernel
import Messaging
public import Storage

/// The lines of one order and all that happened to it: kept beside the order's row, so that lists stay small. It has
/// only what this version of the program has heard; a rebuild of the read model completes it.
public struct OrderStory: Entity, Hashable {
    /// An event that changed the order's row.
    public struct Happening: Codable, Sendable, Hashable {
        /// For example `sambal.order.OrderPlaced.v1`.
        public let type: String
        public let at: Timestamp
        /// The trace in which it was published (W3C Trace Context).
        public let traceId: String?
    }
    /// The order's identifier.
    public let id: String
    public var version: Int64 = 0
    public private(set) var items: [OrderItem] = []
    /// The events in the order of their times, at most the last 100.
    public private(set) var history: [Happening] = []

    public static let collection = Collection<OrderStory>("orderStories", fields: [])
    private static let longestHistory = 100

    init(orderId: String) { id = orderId }

    /// Adds an event. Those of different services may come in any order, and one that is read again from the log's begin
    /// has the same place: times decide, then types.
    mutating func note(_ event: CloudEvent, items: [OrderItem]?) {
        let trace = event.traceparent?.split(separator: "-").dropFirst().first.map(String.init)
        let happening = Happening(type: event.type, at: event.time, traceId: trace)
        let place = history.lastIndex { ($0.at, $0.type) <= (happening.at, happening.type) }.map { $0 + 1 } ?? 0
        history.insert(happening, at: place)
        history.removeFirst(max(0, history.count - Self.longestHistory))
        if let items { self.items = items }
    }
}
