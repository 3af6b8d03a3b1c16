import CRDKafka
import FoundationEssentials
import Kernel
import Messaging
import Runtime
import Telemetry

/// Reads one partition that is this member's own and hands its events on, batch after batch.
final class PartitionReader: @unchecked Sendable {  // used on the loop only
    let partition: TopicPartition
    /// The next offset to be read: those before it were looked at.
    private(set) var next: Int64
    /// The next offset whose events, if any, have no effects yet.
    private(set) var settled: Int64
    /// The position that Kafka was told of.
    var told: Int64
    private let client: KafkaClient
    private let queue: KafkaQueue
    private let signal = Signal()
    private let subscriber: any Subscriber
    private let loop: EventLoop
    private let log: Logger
    private let fail: @Sendable (any Error) -> Void
    private let bounds: PartitionBounds.Lookup
    /// Whether the subscriber has a position; without one it begins with whatever there is.
    private var hasPosition: Bool
    /// The event that the partition must have at the subscriber's position, until it was seen there.
    private var witness: LogWitness?
    private var task: Task<Void, Never>?
    private var settledAt: Duration
    /// The last event that was looked at, of any type.
    private var lastEvent: EventName?
    private let backoff = RetryPolicy.exponential(from: .milliseconds(100), cap: .seconds(10))

    /// `position` is the subscriber's. `bounds` asks a broker; `fail` hears why it cannot go on.
    init(
        _ partition: TopicPartition, after position: Int64?, expecting witness: LogWitness?, client: KafkaClient,
        subscriber: any Subscriber, loop: EventLoop, log: Logger, bounds: @escaping PartitionBounds.Lookup,
        fail: @escaping @Sendable (any Error) -> Void
    ) {
        let next = position.map { $0 + 1 } ?? 0
        self.partition = partition
        self.next = next
        self.bounds = bounds
        hasPosition = position != nil
        self.witness = witness
        settled = next
        told = next
        settledAt = loop.uptime
        self.client = client
        self.subscriber = subscriber
        self.loop = loop
        self.log = log
        self.fail = fail
        let raw: OpaquePointer = rd_kafka_queue_get_partition(client.raw, partition.topic, partition.number)
        // A queue of its own: what is not taken is not fetched, so that a slow consumer does not fill the memory.
        rd_kafka_queue_forward(raw, nil)
        queue = KafkaQueue(raw, loop: loop) { [signal] in signal.raise() }
    }

    func start() {
        task = loop.start { [self] in await run() }
    }

    /// Returns when nothing more is handled.
    func stop() async {
        task?.cancel()
        await task?.value
        queue.close()
        subscriber.noticed(lag: nil, of: partition.logged)
    }

    /// Tells the subscriber how much the log has beyond what was looked at, as far as the last answer of the broker says.
    func noticeLag() {
        var (low, high) = (Int64(0), Int64(0))
        let error = rd_kafka_get_watermark_offsets(client.raw, partition.topic, partition.number, &low, &high)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return }
        subscriber.noticed(lag: max(0, high - next), of: partition.logged)
    }

    private func run() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                try await step()
                failures = 0
            } catch let error as OtherEventFound {
                return fail(error.cause)
            } catch let error as EventError {
                return fail(await judged(error))
            } catch {
                if Task.isCancelled { return }
                failures += 1
                log.debug("the position is read again", metadata: ["error": .string(ErrorText.of(error))])
                try? await loop.sleep(for: backoff.delay(after: failures))
                do {
                    try await goBack()
                } catch {
                    log.warning(
                        "the position of a partition cannot be read; it is tried again",
                        metadata: [.error: .error(error), "partition": .string(partition.logged.description)])
                }
            }
        }
    }

    /// The error where the log really lacks what comes next, else one after which the member joins anew: brokers that
    /// have just changed places say the same, and so does librdkafka when it got no answer.
    private func judged(_ error: EventError) async -> any Error {
        for look in 1...3 {
            guard hasPosition, let found = try? await bounds(partition), next < found.first || next > found.end else {
                return KafkaError(.broker, "\(partition.logged) cannot be read for now")
            }
            if look < 3 { try? await loop.sleep(for: backoff.delay(after: look)) }
        }
        return error
    }

    private func step() async throws {
        let batch = try RecordBatch.take(
            from: queue, types: subscriber.types, partition: partition, expecting: witness)
        guard let batch else {
            // What was only passed over is stored now and then, so that it need not be passed over again.
            if next > settled, loop.uptime - settledAt > .seconds(5) { try await settle([]) }
            return await signal.wait(on: loop, atMost: .seconds(1))
        }
        witness = nil
        next = max(next, batch.last + 1)
        lastEvent = batch.lastEvent
        if !batch.events.isEmpty { try await settle(batch.events) }
    }

    private func settle(_ events: [LoggedEvent]) async throws {
        let end = next - 1
        let passed = events.last.map { $0.position < end } ?? true
        try await subscriber.handle(
            passed ? events + [LoggedEvent(event: .passed(lastEvent), position: end)] : events,
            partition: partition.logged)
        settled = end + 1
        settledAt = loop.uptime
    }

    /// To where the subscriber says it is.
    private func goBack() async throws {
        let position = try await subscriber.position(of: partition.logged)
        witness = nil
        let list = PartitionList()
        list.add(partition, offset: position.map { $0 + 1 } ?? GroupMember.begin)
        // Without waiting; what was fetched before is dropped by the library.
        if let error = KafkaError(.broker, "no seek", taking: rd_kafka_seek_partitions(client.raw, list.raw, 0)) {
            throw error
        }
        next = position.map { $0 + 1 } ?? 0
        hasPosition = position != nil
        settled = next
    }
}

extension CloudEvent {
    /// Stands for what no consumer of this group takes: only its position matters, and which event it is.
    fileprivate static func passed(_ name: EventName?) -> CloudEvent {
        CloudEvent(
            id: name?.id ?? "", source: name?.source ?? "", type: "", subject: "", time: Timestamp(milliseconds: 0),
            sequence: 0, data: Data())
    }
}

/// The event that a partition must have at a group's position, if it is still the partition that the group has read.
struct LogWitness: Sendable, Hashable {
    let position: Int64
    /// As `CloudEvent.key` names it.
    let event: String
    let group: String

    /// Throws if another event is there: the topic was made anew, or its events were put back to an older state.
    func check(_ found: EventName?, at offset: Int64, of partition: TopicPartition) throws(OtherEventFound) {
        guard offset == position, found?.key != event else { return }
        throw OtherEventFound(
            cause: .otherEvent(
                at: position, of: partition.logged.description, group: group, expected: event, found: found?.key))
    }
}

/// Certain at once, unlike an answer of brokers that have just changed places.
struct OtherEventFound: Error, CustomStringConvertible {
    let cause: EventError

    var description: String { cause.message }
}

/// Names an event.
struct EventName: Sendable, Hashable {
    let source: String
    let id: String

    var key: String { "\(source) \(id)" }
}
