import Kernel
import Messaging

/// An event log for services that neither publish nor hear.
struct SilentEventLog: EventLog {
    func append(_ events: [CloudEvent]) async throws {}
    func deliver(to subscriber: any Subscriber) async throws {}
    func positions(before time: Timestamp) async throws -> [LogPartition: Int64] { [:] }
    func check() async throws {}
}
