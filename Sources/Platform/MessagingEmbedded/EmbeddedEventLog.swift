public import Kernel
public import Messaging
import Storage
package import StorageSQLite

/// The event log in one SQLite file, durable at each append. Several processes of one machine may share the file:
/// events of this process reach its subscribers at once, those of others within `pollInterval`.
///
/// There is one partition; its order is the order of the commits.
public final class EmbeddedEventLog: EventLog {
    /// The only one there is.
    public static let partition = LogPartition("0")

    private let ownIdentity: LogIdentity
    private let loop: any Loop
    private let writer: WorkerGate
    private let reader: WorkerGate
    private let connection: Connection
    private let readConnection: Connection
    private let appends: BatchQueue<Append>
    private let subscribers: Subscribers
    private let tail: Tail
    private let watch: ForeignWatch
    private let batchSize = 256
    private let backoff = RetryPolicy.exponential(from: .milliseconds(100), cap: .seconds(10))

    /// Opens the file, or creates it. Throws `StorageError` that says what is wrong with it or with its directory.
    public convenience init(path: String, loop: any Loop, pollInterval: Duration = .milliseconds(40)) throws {
        try self.init(path: path, loop: loop, pollInterval: pollInterval, observer: nil)
    }

    /// Opens the log with an observer of its commits.
    package init(path: String, loop: any Loop, pollInterval: Duration, observer: CommitObserver?) throws {
        let connection = try Connection(path: path, mode: .readWrite)
        connection.observer = observer
        try EventTable.create(on: connection)
        ownIdentity = try EventTable.identity(on: connection, making: "LOG-\(hexadecimal(loop.random(), digits: 16))")
        readConnection = try Connection(path: path, mode: .read)
        let (tail, subscribers) = (Tail(), Subscribers())
        let writer = WorkerGate(loop.makeWorker(named: "log-write"))
        appends = BatchQueue(gate: writer, batchSize: 64) {
            AppendBatch(connection: connection, tail: tail, subscribers: subscribers).run($0)
        }
        watch = ForeignWatch(
            connection: connection, gate: writer, loop: loop, interval: pollInterval, subscribers: subscribers)
        reader = WorkerGate(loop.makeWorker(named: "log-read"))
        self.connection = connection
        self.writer = writer
        self.tail = tail
        self.subscribers = subscribers
        self.loop = loop
    }

    /// Returns when the events are durable. What the log has already is kept once.
    public func append(_ events: [CloudEvent]) async throws {
        guard !events.isEmpty else { return }
        try await withCheckedThrowingContinuation { continuation in
            do {
                try appends.add(Append(events: events, continuation: continuation))
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Gives the events of the subscriber's types, in order, until the task is cancelled; then returns.
    /// Throws `EventError` `.logReplaced` when the subscriber is further than the log goes.
    public func deliver(to subscriber: any Subscriber) async throws {
        let entry = subscribers.add(subscriber.types)
        watch.start()
        defer {
            subscribers.remove(entry)
            subscriber.noticed(lag: nil, of: Self.partition)
        }
        var cursor: Int64?
        var failures = 0
        while !Task.isCancelled {
            do {
                let from = if let cursor { cursor } else { try await start(of: subscriber) }
                let batch = try await next(after: from, types: subscriber.types)
                if !batch.events.isEmpty { try await subscriber.handle(batch.events, partition: Self.partition) }
                subscriber.noticed(lag: max(0, batch.head - batch.end), of: Self.partition)
                cursor = batch.end
                failures = 0
                if batch.isLast { await entry.signal.wait(on: loop, atMost: .seconds(1)) }
            } catch let error as EventError where error.code == .logReplaced {
                throw error
            } catch {
                if Task.isCancelled { return }
                failures += 1
                // What took effect is known to the subscriber only.
                cursor = nil
                try? await loop.sleep(for: backoff.delay(after: failures))
            }
        }
    }

    /// The events after a position, of the given types and subject where these are given; for tools.
    public func read(
        after position: Int64 = 0, limit: Int, types: Set<String> = [], subject: String? = nil
    ) async throws -> [LoggedEvent] {
        try await onReader { connection in
            try EventTable.read(
                on: connection, after: position, to: .max, limit: limit, types: types, subject: subject)
        }
    }

    /// The position of the newest event; 0 when there is none.
    public func head() async throws -> Int64 {
        try await onReader { try EventTable.head(on: $0) }
    }

    public func positions(before time: Timestamp) async throws -> [LogPartition: Int64] {
        [Self.partition: try await onReader { try EventTable.position(before: time, on: $0) }]
    }

    public func check() async throws {
        try await onReader { [files = connection.files] connection in
            try files.check()
            _ = try EventTable.head(on: connection)
            try FreeSpace.check(at: connection.path)
        }
    }

    public func releaseMemory() {
        try? reader.submit { [readConnection] in readConnection.releaseMemory() }
        try? writer.submit { [connection] in connection.releaseMemory() }
    }

    /// Ends as the process would with `kill -9`: see `SQLiteDatabase.abandon`.
    package func abandon() {
        readConnection.close()
        connection.close()
    }

    /// Finishes the appends that were begun, then closes. Deliveries must have ended.
    public func close() async {
        await reader.close { [readConnection] in readConnection.close() }
        await writer.close { [connection] in connection.close() }
    }

    public func identity() async throws -> LogIdentity? { ownIdentity }

    /// The identity, without waiting.
    package var identityOfFile: String { ownIdentity.description }

    public func hasEvents(from source: String) async throws -> Bool {
        try await onReader { try EventTable.hasEvents(from: source, on: $0) }
    }

    /// The event at a position, as `CloudEvent.key` names it; for tools.
    package func event(at position: Int64) async throws -> String? {
        try await onReader { try EventTable.key(at: position, on: $0) }
    }

    /// Reads the whole file, and returns what is wrong with it; empty if nothing is.
    package func integrityFaults() async throws -> [String] {
        try await onReader { connection in
            try connection.statement("PRAGMA integrity_check").rows { $0.text(0) }.filter { $0 != "ok" }
        }
    }

    private func start(of subscriber: any Subscriber) async throws -> Int64 {
        guard let known = try await subscriber.knownPosition(of: Self.partition, in: ownIdentity) else { return 0 }
        let head = try await head()
        guard known.position <= head else {
            throw EventError(
                .logReplaced,
                "consumer group '\(subscriber.group)' is at position \(known.position), but the log \(connection.path) "
                    + "ends at \(head): it is not the log that the group has read before, or an older copy of it. Nothing "
                    + "is read until this is settled: see docs/runbook.md#event-log-replaced")
        }
        // A copy has the same identity; what was appended to it since is not what the group has read.
        if let expected = known.event {
            let found = try await event(at: known.position)
            guard found == expected else {
                throw EventError.otherEvent(
                    at: known.position, of: connection.path, group: subscriber.group, expected: expected, found: found)
            }
        }
        return known.position
    }

    private func next(after cursor: Int64, types: Set<String>) async throws -> LogBatch {
        if let batch = tail.batch(after: cursor, types: types, limit: batchSize) { return batch }
        return try await onReader { [batchSize] connection in
            try EventTable.batch(on: connection, after: cursor, types: types, limit: batchSize)
        }
    }

    private func onReader<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await reader.run { [readConnection] in try body(readConnection) }
    }
}
