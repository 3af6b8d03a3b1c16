import CRDKafka
import Kernel
import Messaging
import Runtime
import Telemetry

/// One member of a consumer group, from joining to leaving: takes partitions and gives them back as the group says.
final class GroupMember: @unchecked Sendable {  // used on the loop only; `fail` is called from there too
    static let begin = Int64(RD_KAFKA_OFFSET_BEGINNING)

    private let subscriber: any Subscriber
    private let topics: Set<String>
    private let identity: LogIdentity?
    private let client: KafkaClient
    private let queue: KafkaQueue
    private let signal = Signal()
    private let loop: EventLoop
    private let log: Logger
    private let bounds: PartitionBounds.Lookup
    private var readers: [TopicPartition: PartitionReader] = [:]
    private var failure: (any Error)?
    /// Whether the client may be destroyed. librdkafka 2.0 aborts the process when it destroys a member of a
    /// cooperative group that has joined and was never assigned anything: such a one is closed and left alone.
    private(set) var wasAssigned = false
    private let backoff = RetryPolicy.exponential(from: .milliseconds(100), cap: .seconds(10))

    init(
        _ subscriber: any Subscriber, topics: Set<String>, identity: LogIdentity?, settings: KafkaSettings,
        loop: EventLoop, log: Logger,
        bounds: @escaping PartitionBounds.Lookup
    ) throws(KafkaError) {
        let group = "\(settings.prefix).\(subscriber.group)"
        client = try KafkaClient(KafkaConfiguration(settings, consumingAs: group), RD_KAFKA_CONSUMER)
        rd_kafka_set_log_queue(client.raw, nil)
        rd_kafka_poll_set_consumer(client.raw)
        let raw: OpaquePointer = rd_kafka_queue_get_consumer(client.raw)
        queue = KafkaQueue(raw, loop: loop) { [signal] in signal.raise() }
        self.subscriber = subscriber
        self.topics = topics
        self.identity = identity
        self.bounds = bounds
        self.loop = loop
        self.log = log
    }

    /// Works until the task is cancelled. Throws what the member cannot go on with.
    func run() async throws {
        let list = PartitionList()
        for topic in topics.sorted() {
            list.add(TopicPartition(topic: topic, number: RD_KAFKA_PARTITION_UA), offset: Self.begin)
        }
        let error = rd_kafka_subscribe(client.raw, list.raw)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(.broker, "no subscription to \(topics.sorted())", error)
        }
        while !Task.isCancelled, failure == nil {
            if let event = queue.poll() {
                try await handle(event)
            } else {
                for reader in readers.values { reader.noticeLag() }
                tell(Array(readers.values))
                await signal.wait(on: loop, atMost: .seconds(1))
            }
        }
        if let failure { throw failure }
    }

    /// Ends what is being handled, gives the partitions back and leaves the group. The client is to be destroyed then.
    func leave() async -> KafkaClient {
        await giveBack(Array(readers.keys))
        let end = loop.uptime + .seconds(5)
        rd_kafka_error_destroy(rd_kafka_consumer_close_queue(client.raw, queue.raw))
        while rd_kafka_consumer_closed(client.raw) == 0, loop.uptime < end {
            if let event = queue.poll() {
                guard event.kind == RD_KAFKA_EVENT_REBALANCE, let partitions = event.partitions else { continue }
                if event.error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS { wasAssigned = true }
                rd_kafka_error_destroy(rd_kafka_incremental_unassign(client.raw, partitions))
            } else {
                await signal.wait(on: loop, atMost: .milliseconds(50))
            }
        }
        queue.close()
        return client
    }

    private func handle(_ event: KafkaEvent) async throws {
        switch event.kind {
        case RD_KAFKA_EVENT_REBALANCE: try await rebalance(event)
        case RD_KAFKA_EVENT_ERROR where event.isFatal: throw KafkaError(.broker, event.errorText)
        default: _ = event.report(to: log)
        }
    }

    private func rebalance(_ event: KafkaEvent) async throws {
        guard let partitions = event.partitions else { return }
        let these = partitions.entries.map(\.place)
        if event.error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            wasAssigned = true
            try await take(these)
        } else {
            await giveBack(these)
            let error = rd_kafka_incremental_unassign(client.raw, partitions)
            if let error = KafkaError(.broker, "no end of an assignment", taking: error) { throw error }
        }
    }

    private func take(_ partitions: [TopicPartition]) async throws {
        let list = PartitionList()
        var taken: [PartitionReader] = []
        for partition in partitions {
            let known = try await position(of: partition)
            let witness = try await witness(of: partition, known)
            // With a witness, the last event that was read is read again, and compared.
            list.add(partition, offset: witness?.position ?? (known?.position).map { $0 + 1 } ?? Self.begin)
            let reader = PartitionReader(
                partition, after: known?.position, expecting: witness, client: client, subscriber: subscriber,
                loop: loop, log: log, bounds: bounds
            ) { [weak self] error in
                self?.failure = error
                self?.signal.raise()
            }
            readers[partition] = reader
            taken.append(reader)
        }
        let error = rd_kafka_incremental_assign(client.raw, list.raw)
        if let error = KafkaError(.broker, "no assignment", taking: error) { throw error }
        for reader in taken { reader.start() }
    }

    /// Nothing is read before the position is known; the group waits meanwhile.
    private func position(of partition: TopicPartition) async throws -> KnownPosition? {
        var failures = 0
        while true {
            do {
                return try await subscriber.knownPosition(of: partition.logged, in: identity)
            } catch let error as EventError {
                throw error
            } catch {
                failures += 1
                log.warning(
                    "the position of a partition cannot be read; it is tried again",
                    metadata: [.error: .error(error), "partition": .string(partition.logged.description)])
                try await loop.sleep(for: backoff.delay(after: failures))
            }
        }
    }

    /// The event that the partition must have at the group's position, if that is known and the brokers still keep it.
    private func witness(of partition: TopicPartition, _ known: KnownPosition?) async throws -> LogWitness? {
        guard let known, let event = known.event, let found = try? await bounds(partition) else { return nil }
        guard found.first <= known.position, known.position < found.end else { return nil }
        return LogWitness(position: known.position, event: event, group: subscriber.group)
    }

    /// Ends the events that are handled now first, so that the next owner finds it in the database.
    private func giveBack(_ partitions: [TopicPartition]) async {
        var stopped: [PartitionReader] = []
        for partition in partitions {
            guard let reader = readers.removeValue(forKey: partition) else { continue }
            await reader.stop()
            stopped.append(reader)
        }
        tell(stopped)
    }

    /// Kafka gets to know how far the group is, for tools that show lag. Nothing is read back from there.
    private func tell(_ readers: [PartitionReader]) {
        let list = PartitionList()
        for reader in readers where reader.settled > reader.told {
            list.add(reader.partition, offset: reader.settled)
            reader.told = reader.settled
        }
        if list.raw.pointee.cnt > 0 { rd_kafka_commit(client.raw, list.raw, 1) }
    }
}
