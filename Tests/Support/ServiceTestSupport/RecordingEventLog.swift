package import Kernel
package import Messaging
import MessagingEmbedded
import Synchronization

/// The embedded event log, which also keeps in memory what was published.
package final class RecordingEventLog: EventLog {
    private let log: EmbeddedEventLog
    private let appended = Mutex<[CloudEvent]>([])

    init(_ log: EmbeddedEventLog) { self.log = log }

    package var events: [CloudEvent] { appended.withLock { $0 } }

    package func append(_ events: [CloudEvent]) async throws {
        try await log.append(events)
        appended.withLock { $0 += events }
    }

    package func deliver(to subscriber: any Subscriber) async throws { try await log.deliver(to: subscriber) }
    package func positions(before time: Timestamp) async throws -> [LogPartition: Int64] {
        try await log.positions(before: time)
    }

    package func check() async throws { try await log.check() }
    func close() async { await log.close() }
}
