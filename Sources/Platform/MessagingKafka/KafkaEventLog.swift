public import Kernel
public import Messaging
public import Runtime
import Synchronization
public import Telemetry

/// The event log on Apache Kafka: one topic for each service that publishes, partitioned by subject.
///
/// What is appended is acknowledged by all in-sync replicas. A consumer's positions are its own: they are read from its
/// database when a partition becomes its own, so that Kafka's guarantees for consumers do not matter.
public final class KafkaEventLog: EventLog {
    private let settings: KafkaSettings
    private let loop: EventLoop
    private let log: Logger
    private let names: TopicNames
    private let topics: Topics
    private let producer: KafkaProducer
    private let worker: any Worker
    private let types: Set<String>
    private let state = Mutex(State())
    private let backoff = Backoff(first: .milliseconds(100), limit: .seconds(10))

    private struct State {
        var prepared: Set<String> = []
        var checked: Duration?
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
        producer = try KafkaProducer(settings, loop: loop, log: log)
        topics = Topics(client: producer.client, settings: settings, log: log)
        worker = loop.makeWorker(named: "kafka-admin")
    }

    public func append(_ events: [CloudEvent]) async throws {
        try await prepare(Set(events.lazy.map { self.names.topic(of: $0.type) }))
        try await producer.send(events)
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
                    ["group": .string(subscriber.group), "error": .string("\(error)")])
                try? await loop.sleep(for: backoff.delay(after: failures))
            }
        }
    }

    public func positions(before time: Timestamp) async throws -> [LogPartition: Int64] {
        let names = names.topics(of: types).union(state.withLock { $0.prepared })
        return try await onWorker { [topics] in try topics.offsets(before: time, in: names) }
    }

    /// Asks the brokers, at most once a second for all who want to know.
    public func check() async throws {
        try await prepare(names.topics(of: types))
        try await onWorker { [self] in
            if let checked = state.withLock({ $0.checked }), loop.uptime - checked < .seconds(1) { return }
            _ = try topics.look()
            state.withLock { $0.checked = loop.uptime }
        }
    }

    /// Gives the last appends a little time, then closes. Deliveries must have ended.
    public func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        await afterWorker { [producer] in producer.flush() }
        await withCheckedContinuation { continuation in
            loop.execute { [producer] in
                producer.shut()
                continuation.resume()
            }
        }
        await afterWorker { [producer] in producer.client.destroy() }
        worker.stop()
    }

    private func join(_ subscriber: any Subscriber, _ topics: Set<String>) async throws {
        let member = try GroupMember(subscriber, topics: topics, settings: settings, loop: loop, log: log)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await member.run()) } catch { outcome = .failure(error) }
        // Leaving is not cut short when the delivery is cancelled.
        let leaving = loop.start { [self] in
            let client = await member.leave()
            await afterWorker { client.destroy() }
        }
        await leaving.value
        try outcome.get()
    }

    private func prepare(_ names: Set<String>) async throws {
        guard !names.isSubset(of: state.withLock { $0.prepared }) else { return }
        try await onWorker { [self] in
            let missing = state.withLock { names.subtracting($0.prepared) }
            guard !missing.isEmpty else { return }
            try topics.prepare(missing)
            state.withLock { $0.prepared.formUnion(missing) }
        }
    }

    private func onWorker<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isClosed { worker.submit { continuation.resume(with: Result { try body() }) } }
                return !state.isClosed
            }
            if !isOpen { continuation.resume(throwing: KafkaError(.closed, "the event log is closed")) }
        }
    }

    private func afterWorker(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            worker.submit {
                body()
                continuation.resume()
            }
        }
    }
}
