import Foundation
import KafkaTestSupport
import Kernel
import Messaging
import MessagingKafka
import Runtime
import Synchronization

/// Reads a Kafka log from its begin, as one more consumer group that keeps nothing.
final class LogReader: Subscriber {
    let group = "reader"
    let types: Set<String>
    private let read = Mutex<[CloudEvent]>([])

    private init(_ types: Set<String>) { self.types = types }

    var events: [CloudEvent] { read.withLock { $0 } }

    func position(of partition: LogPartition) -> Int64? { nil }

    func handle(_ batch: [LoggedEvent], partition: LogPartition) {
        let events = batch.map(\.event).filter { types.contains($0.type) }
        read.withLock { $0 += events }
    }

    /// All events of those types, each subject's in the order of the log; returns once there are `isWhole` enough.
    static func read(
        _ kafka: KafkaUnderTest, types: Set<String>, until isWhole: ([CloudEvent]) -> Bool
    ) async throws -> [CloudEvent] {
        let loop = EventLoop(name: "reader")
        loop.start()
        defer { loop.stop() }
        let (reader, log) = (LogReader(types), try kafka.open(loop))
        let delivery = loop.start { try? await log.deliver(to: reader) }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await eventually("the log is read") { isWhole(reader.events) })
        } catch {
            outcome = .failure(error)
        }
        delivery.cancel()
        await delivery.value
        await log.close()
        try outcome.get()
        return reader.events
    }
}
