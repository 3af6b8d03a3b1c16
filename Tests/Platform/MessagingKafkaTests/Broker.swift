import FoundationEssentials
import KafkaTestSupport
import Kernel
import Messaging
import PlatformTestSupport
import Runtime
import Synchronization

/// Kafka and a loop for one test.
struct Broker: Sendable {
    let kafka: KafkaUnderTest
    let loop: EventLoop

    static func with(
        topics: [String] = ["events"], _ body: @escaping @Sendable (Broker) async throws -> Void
    ) async throws {
        try await LoopKind.threads.run { loop in
            guard let loop = loop as? EventLoop else { preconditionFailure("a loop with threads") }
            let kafka = KafkaUnderTest(topics: topics)
            defer { kafka.mock?.end() }
            try await body(Broker(kafka: kafka, loop: loop))
        }
    }

    func event(_ id: Int, subject: String = "s", size: Int = 0) -> CloudEvent {
        CloudEvent(
            id: "\(id)", source: "/test", type: "placed", subject: subject, time: loop.now, sequence: Int64(id),
            data: Data(repeating: UInt8(ascii: "1"), count: size + 1))
    }

    func deliver(
        _ log: any EventLog, to subscriber: any Subscriber, until condition: @Sendable () async throws -> Bool
    ) async throws {
        let delivery = loop.start { try? await log.deliver(to: subscriber) }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await eventually(on: loop, within: .seconds(60), condition))
        } catch {
            outcome = .failure(error)
        }
        delivery.cancel()
        await delivery.value
        try outcome.get()
    }
}

/// A subscriber in memory, whose positions are what it was given or what it took.
final class Listener: Subscriber {
    let group: String
    let types: Set<String> = ["placed"]
    private let state: Mutex<(events: [LoggedEvent], positions: [LogPartition: Int64])>
    private let start: Int64?

    /// `start` is its position in every partition that is not among `positions`.
    init(group: String = "listener", start: Int64? = nil, positions: [LogPartition: Int64] = [:]) {
        self.group = group
        self.start = start
        state = Mutex(([], positions))
    }

    var events: [CloudEvent] { state.withLock { $0.events.map(\.event) } }
    var ids: [String] { events.map(\.id) }
    var positions: [LogPartition: Int64] { state.withLock { $0.positions } }

    func position(of partition: LogPartition) async throws -> Int64? {
        state.withLock { $0.positions[partition] } ?? start
    }

    func handle(_ batch: [LoggedEvent], partition: LogPartition) async throws {
        state.withLock { state in
            state.events += batch.filter { $0.event.type == "placed" }
            state.positions[partition] = batch.last?.position
        }
    }
}
