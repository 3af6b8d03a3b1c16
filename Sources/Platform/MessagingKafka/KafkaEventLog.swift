import CRDKafka
public import Kernel
public import Messaging
public import Runtime
import Synchronization
public import Telemetry

/// The event log on Apache Kafka: one topic for each service that publishes, partitioned by subject.
///
/// Each event that is appended is acknowledged by all in-sync replicas. A consumer's positions are its own: they are
/// read from its database when a partition becomes its own, so that Kafka's guarantees for consumers do not matter.
public final class KafkaEventLog: EventLog {
    private let settings: KafkaSettings
    private let loop: EventLoop
    private let log: Logger
    private let names: TopicNames
    private let topics: Topics
    private let admin: KafkaClient
    private let producer: Mutex<KafkaProducer>
    private let worker: any Worker
    private let types: Set<String>
    private let state = Mutex(State())
    private let backoff = RetryPolicy.exponential(from: .milliseconds(100), cap: .seconds(10))

    private struct State {
        var prepared: Set<String> = []
        var identity: LogIdentity?
        /// When the brokers did not answer last, and why.
        var failure: (at: Duration, error: any Error)?
        var isClosed = false
    }

    /// `types` are the events that will be published: their topics are made, or looked at, when the log is first used.
    /// Throws `KafkaError` `.settings`; whether a broker is there is not asked.
    public init(_ settings: KafkaSettings, types: Set<String>, loop: EventLoop, log: Logger) throws(KafkaError) {
        let log = log.named("kafka")
        self.settings = settings
        self.loop = loop
        self.log = log
        self.types = types
        names = TopicNames(prefix: settings.prefix)
        let first = try KafkaProducer(settings, loop: loop, log: log)
        producer = Mutex(first)
        admin = try KafkaClient(KafkaConfiguration(asking: settings), RD_KAFKA_PRODUCER)
        topics = Topics(client: admin, settings: settings, log: log)
        worker = loop.makeWorker(named: "kafka-admin")
    }

    public func append(_ events: [CloudEvent]) async throws {
        try await prepare(Set(events.lazy.map { self.names.topic(of: $0.type) }))
        try await workingProducer().send(events)
        state.withLock { $0.failure = nil }
    }

    /// Throws `EventError` `.logReplaced` when the log does not have what comes after the subscriber's position.
    public func deliver(to subscriber: any Subscriber) async throws {
        var failures = 0
        while !Task.isCancelled {
            do {
                let topics = names.topics(of: subscriber.types)
                try await prepare(topics)
                try await join(subscriber, topics)
                failures = 0
            } catch let error as EventError where error.code == .logReplaced {
                throw error
            } catch {
                if Task.isCancelled { return }
                failures += 1
                log.warning(
                    "no events for now; it is tried again",
                    metadata: ["group": .string(subscriber.group), "error": .string(ErrorText.of(error))])
                try? await loop.sleep(for: backoff.delay(after: failures))
            }
        }
    }

    public func positions(before time: Timestamp) async throws -> [LogPartition: Int64] {
        let names = names.topics(of: types).union(state.withLock { $0.prepared })
        return try await onWorker { [topics] in try topics.offsets(before: time, in: names) }
    }

    public func check() async throws {
        try await prepare(names.topics(of: types))
        try await ask { [topics] in _ = try topics.look() }
    }

    /// The cluster's identity and the topics' prefix. Topics have none that librdkafka tells before 2.3: one that was made
    /// anew is found out by the event at a position.
    public func identity() async throws -> LogIdentity? {
        if let known = state.withLock({ $0.identity }) { return known }
        let found = try await onWorker { [topics, settings] in
            topics.clusterID().map { LogIdentity("kafka:\($0)/\(settings.prefix)") }
        }
        state.withLock { $0.identity = found }
        return found
    }

    /// Whether the service's topic has anything at all: nobody else publishes there.
    public func hasEvents(from source: String) async throws -> Bool {
        let name = "\(settings.prefix).\(source.drop { $0 == "/" })"
        return try await onWorker { [topics] in
            let count = try topics.look()[name]?.partitions ?? 0
            return try (0..<count).contains { number in
                let bounds = try topics.bounds(of: TopicPartition(topic: name, number: Int32(number)))
                return bounds.end > bounds.first
            }
        }
    }

    /// Gives the last appends a little time, then closes. Deliveries must have ended.
    public func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        let producer = producer.withLock { $0 }
        await afterWorker(atMost: .seconds(4)) { producer.flush() }
        await end(producer)
        await afterWorker { [admin] in admin.destroy() }
        worker.stop()
    }

    /// The producer, or another one in its place when it was given up.
    private func workingProducer() async throws -> KafkaProducer {
        let (current, broken) = try producer.withLock { producer throws(KafkaError) in
            guard producer.isBroken else { return (producer, KafkaProducer?.none) }
            let broken = producer
            producer = try KafkaProducer(settings, loop: loop, log: log)
            return (producer, broken)
        }
        if let broken {
            log.warning("the producer was given up; another one takes its place")
            await end(broken)
        }
        return current
    }

    /// For tests: as when librdkafka finds that it cannot promise order any more.
    package func breakProducer() {
        producer.withLock { producer in
            _ = rd_kafka_test_fatal_error(
                producer.client.raw, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "a test")
        }
    }

    private func end(_ producer: KafkaProducer) async {
        await withCheckedContinuation { continuation in
            loop.execute {
                producer.shut()
                continuation.resume()
            }
        }
        await afterWorker { producer.client.destroy() }
    }

    private func join(_ subscriber: any Subscriber, _ topics: Set<String>) async throws {
        let member = try GroupMember(
            subscriber, topics: topics, identity: try await identity(), settings: settings, loop: loop, log: log,
            bounds: { [self] partition in try await onWorker { try self.topics.bounds(of: partition) } })
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await member.run()) } catch { outcome = .failure(error) }
        // Leaving is not cut short when the delivery is cancelled.
        let leaving = loop.start { [self] in
            let client = await member.leave()
            if member.wasAssigned { await afterWorker { client.destroy() } }
        }
        await leaving.value
        try outcome.get()
    }

    private func prepare(_ names: Set<String>) async throws {
        guard !names.isSubset(of: state.withLock { $0.prepared }) else { return }
        try await ask { [self] in
            let missing = state.withLock { names.subtracting($0.prepared) }
            guard !missing.isEmpty else { return }
            try topics.prepare(missing)
            state.withLock { $0.prepared.formUnion(missing) }
        }
    }

    /// Where the brokers have just not answered, those who wait in line are told so without asking again: each would
    /// hold up the next by its timeout.
    private func ask(_ question: @escaping @Sendable () throws -> Void) async throws {
        try await onWorker { [self] in
            if let error = state.withLock({ $0.failure }), loop.uptime - error.at < .seconds(1) { throw error.error }
            do {
                try question()
            } catch {
                state.withLock { $0.failure = (loop.uptime, error) }
                throw error
            }
        }
    }

    /// Where the brokers do not answer, a cancelled task does not wait for the question's timeout.
    private func onWorker<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let answer = OneShot<Result<Value, any Error>>()
        let isOpen = state.withLock { state in
            if !state.isClosed { worker.submit { answer.give(Result { try body() }) } }
            return !state.isClosed
        }
        guard isOpen else { throw KafkaError(.closed, "the event log is closed") }
        return try await answer.value(ifCancelled: .failure(CancellationError())).get()
    }

    /// Waits at most that long: librdkafka's threads end only once silent brokers have let requests time out.
    private func afterWorker(atMost limit: Duration = .seconds(1), _ body: @escaping @Sendable () -> Void) async {
        let end = OneShot<Void>()
        worker.submit {
            body()
            end.give(())
        }
        let timer = loop.schedule(after: limit) { end.give(()) }
        await end.value()
        timer.cancel()
    }
}
