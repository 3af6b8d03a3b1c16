package import Kernel
package import Messaging
import Synchronization

/// An event log in memory, with one partition, for one service and its test.
package final class MemoryEventLog: EventLog {
    private struct State {
        var events: [CloudEvent] = []
        /// How many of them the service has handled.
        var handled = 0
    }
    private let state = Mutex(State())
    private let news = Signal()

    private let loop: any Loop

    package init(on loop: any Loop) {
        self.loop = loop
    }

    package var events: [CloudEvent] { state.withLock { $0.events } }
    var isHandled: Bool { state.withLock { $0.handled == $0.events.count } }

    package func append(_ events: [CloudEvent]) async throws {
        state.withLock { $0.events += events }
        news.raise()
    }

    package func deliver(to subscriber: any Subscriber) async throws {
        while true {
            try Task.checkCancellation()
            let (batch, first) = state.withLock { (Array($0.events[$0.handled...]), $0.handled) }
            guard !batch.isEmpty else {
                await news.wait(on: loop)
                continue
            }
            let logged = batch.enumerated().map { LoggedEvent(event: $1, position: Int64(first + $0)) }
            try await subscriber.handle(logged, partition: Self.partition)
            state.withLock { $0.handled += batch.count }
        }
    }

    private static let partition = LogPartition("memory")

    package func positions(before time: Timestamp) async throws -> [LogPartition: Int64] { [:] }

    package func check() async throws {}
}
