import FoundationEssentials
import Kernel
import Messaging
import PlatformTestSupport
import Storage
import StorageSQLite
import Synchronization
import Testing

struct Refusal: Error {}

/// A consumer whose handler refuses as it is told. The event `a1` is the first of subject `a`.
final class Desk: Sendable {
    private struct State {
        var refused: [String: (error: any Error & Sendable, times: Int)] = [:]
        var breaking: Set<String> = []
        var handled: [String] = []
        var failures: [String] = []
        var position: Int64 = 0
    }
    static let partition = LogPartition("0")
    private static let effects = CollectionSchema(name: "effects", fields: [])
    let consumer: Consumer
    private let loop: any Loop
    private let database: any Database
    private let state: Desk.Box

    private final class Box: Sendable {
        let value = Mutex(State())
    }

    private init(database: any Database, loop: any Loop, retries: Int) {
        let state = Box()
        self.state = state
        self.loop = loop
        self.database = database
        consumer = Consumer(
            group: "g", database: database, loop: loop,
            handlers: [
                "t": { event, tx in
                    let (error, breaks) = state.value.withLock { state -> ((any Error)?, Bool) in
                        guard let refusal = state.refused[event.id], refusal.times > 0 else {
                            return (nil, state.breaking.contains(event.id))
                        }
                        state.refused[event.id]?.times -= 1
                        return (refusal.error, false)
                    }
                    if let error { throw error }
                    if breaks { try await loop.sleep(for: .milliseconds(1)) }
                    let data = String(decoding: event.data, as: UTF8.self)
                    tx.afterCommit { state.value.withLock { $0.handled.append(event.id + (data == "1" ? "" : data)) } }
                }
            ], retries: retries
        ) { failure in
            state.value.withLock { $0.failures.append(failure.event.id + (failure.isFinal ? " final" : "")) }
        }
    }

    static func with(
        _ kind: LoopKind = .simulated, retries: Int = 1, _ body: @escaping @Sendable (Desk) async throws -> Void
    ) async throws {
        try await kind.run { loop in
            let directory = TemporaryDirectory()
            let database = try SQLiteDatabase(path: directory.file("c.db"), loop: loop)
            try await database.migrate([Migration(1, "tables", Consumer.collections.map { .create($0) })])
            try await body(Desk(database: database, loop: loop, retries: retries))
            await database.close()
        }
    }

    var letters: DeadLetters { consumer.deadLetters }
    var handled: [String] { state.value.withLock { $0.handled } }
    var failures: [String] { state.value.withLock { $0.failures } }
    var position: Int64? {
        get async throws { try await consumer.position(of: Self.partition) }
    }

    func refuse(_ ids: String..., with error: any Error & Sendable = Refusal(), times: Int = .max) {
        state.value.withLock { state in for id in ids { state.refused[id] = (error, times) } }
    }

    func accept(_ ids: String...) {
        state.value.withLock { state in for id in ids { state.refused[id] = nil } }
    }

    /// Its handler waits for something else than its transaction.
    func breakRule(_ id: String) {
        state.value.withLock { _ = $0.breaking.insert(id) }
    }

    func pass(_ time: Duration) async throws { try await loop.sleep(for: time) }

    /// Takes the letter out of the database and does nothing else.
    func lose(_ letter: DeadLetter) async throws {
        let schema = try #require(Consumer.collections.first { $0.name == "deadLetters" })
        try await database.transaction { try await $0.deleteAll(ids: [letter.id], from: schema) }
    }

    func handle(_ ids: String...) async throws { try await handle(ids) }

    /// From the log's begin.
    func handleAgain(_ ids: String...) async throws {
        state.value.withLock { $0.position = 0 }
        try await handle(ids)
    }

    func handle(_ ids: [String], data: Data = Data("1".utf8)) async throws {
        let batch = ids.map { id in
            let event = CloudEvent(
                id: id, source: "/s", type: "t", subject: String(id.prefix(1)), time: loop.now, sequence: 1,
                data: data)
            let position = state.value.withLock { state in
                state.position += 1
                return state.position
            }
            return LoggedEvent(event: event, position: position)
        }
        try await consumer.handle(batch, partition: Self.partition)
    }
}
