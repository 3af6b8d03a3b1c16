package import Kernel
package import Messaging
import Synchronization

/// An event log in memory, with one partition, for one service and its test.
package final class MemoryEventLog: EventLog {
    /// A subscriber that is being delivered to. A read model that is rebuilt has two at a time.
    private final class Delivery: Sendable {
        let group: String
        let news = Signal()

        init(of group: String) { self.group = group }
    }
    private struct State {
        var events: [CloudEvent] = []
        /// How many of them each group has handled.
        var handled: [String: Int] = [:]
        var deliveries: [Delivery] = []
    }
    private let state = Mutex(State())

    private let loop: any Loop

    package init(on loop: any Loop) {
        self.loop = loop
    }

    package var events: [CloudEvent] { state.withLock { $0.events } }

    /// Whether all that listen have handled all events; while none does, whether one that has listened had.
    var isHandled: Bool {
        state.withLock { state in
            let groups = state.deliveries.isEmpty ? Array(state.handled.keys) : state.deliveries.map(\.group)
            let counts = groups.map { state.handled[$0] ?? 0 }
            let least = (state.deliveries.isEmpty ? counts.max() : counts.min()) ?? 0
            return least == state.events.count
        }
    }

    package func append(_ events: [CloudEvent]) async throws {
        let deliveries = state.withLock { state in
            state.events += events
            return state.deliveries
        }
        for delivery in deliveries { delivery.news.raise() }
    }

    package func deliver(to subscriber: any Subscriber) async throws {
        let delivery = Delivery(of: subscriber.group)
        state.withLock { $0.deliveries.append(delivery) }
        defer { state.withLock { $0.deliveries.removeAll { $0 === delivery } } }
        while true {
            try Task.checkCancellation()
            let (batch, first) = state.withLock { state in
                let first = state.handled[delivery.group] ?? 0
                return (Array(state.events[first...]), first)
            }
            guard !batch.isEmpty else {
                await delivery.news.wait(on: loop)
                continue
            }
            let logged = batch.enumerated().map { LoggedEvent(event: $1, position: Int64(first + $0)) }
            try await subscriber.handle(logged, partition: Self.partition)
            state.withLock { $0.handled[delivery.group] = first + batch.count }
        }
    }

    private static let partition = LogPartition("memory")

    package func positions(before time: Timestamp) async throws -> [LogPartition: Int64] { [:] }

    package func check() async throws {}
}
