import Kernel
import Messaging
import Storage

extension OrderDashboard {
    /// Adds the event to the history. Events of different services may come in any order, and one that is read again
    /// from the log's begin has the same place: times decide, then types.
    mutating func note(_ event: CloudEvent) {
        let trace = event.traceparent?.split(separator: "-").dropFirst().first.map(String.init)
        let happening = Happening(type: event.type, at: event.time, traceId: trace)
        var known = history ?? []
        let place = known.lastIndex { ($0.at, $0.type) <= (happening.at, happening.type) }.map { $0 + 1 } ?? 0
        known.insert(happening, at: place)
        remember(known.suffix(Self.longestHistory))
    }

    private static let longestHistory = 100

    /// Whether it is known when the order was placed, and in which currency: then its totals can be.
    var isCountable: Bool? { placedAt == nil || currency == nil ? nil : true }

    /// The fields that the third migration adds to those of the first.
    static var laterFields: [FieldSchema] { collection.schema.fields.filter { $0.name == "updatedAt" } }

    static var firstSchema: CollectionSchema {
        CollectionSchema(
            name: collection.name, fields: collection.schema.fields.filter { !laterFields.contains($0) })
    }
}
