import FoundationEssentials
import Kernel
import Messaging
import PlatformTestSupport
import Storage
import StorageSQLite
import Synchronization

/// A new log, and what a test needs to write to it and to consume it.
struct Stage: Sendable {
    let engine: LogEngine
    let directory: TemporaryDirectory
    let loop: any Loop
    let log: any EventLog

    func openAgain() throws -> any EventLog { try engine.open(directory, loop) }

    /// A consuming service's database with the tables of inbox, positions and outbox.
    func database(_ name: String) async throws -> any Database {
        let database = try SQLiteDatabase(path: directory.file("\(name).db"), loop: loop)
        let schemas = Consumer.collections + [Outbox.collection.schema, CollectionSchema(name: "effects", fields: [])]
        try await database.migrate([Migration(1, "tables", schemas.map { .create($0) })])
        return database
    }

    func event(_ id: Int, type: String = "placed", subject: String = "s") -> CloudEvent {
        CloudEvent(
            id: "\(id)", source: "/test", type: type, subject: subject, time: loop.now, sequence: Int64(id),
            traceparent: id % 2 == 0 ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : nil,
            data: Data("{\"number\":\(id)}".utf8))
    }

    /// Delivers until `condition` holds, then stops.
    func deliver(
        from log: any EventLog, to subscribers: [any Subscriber], until condition: @Sendable () async throws -> Bool
    ) async throws {
        let deliveries = subscribers.map { subscriber in
            loop.start { try? await log.deliver(to: subscriber) }
        }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await eventually(on: loop, condition))
        } catch {
            outcome = .failure(error)
        }
        for delivery in deliveries { delivery.cancel() }
        for delivery in deliveries { await delivery.value }
        try outcome.get()
    }
}

/// A subscriber that keeps what it gets in memory.
final class Recorder: Subscriber {
    let group = "recorder"
    let types: Set<String>
    private let received = Mutex<[LoggedEvent]>([])

    init(types: Set<String> = ["placed"]) {
        self.types = types
    }

    var events: [CloudEvent] { received.withLock { $0.map(\.event) } }
    var positions: [Int64] { received.withLock { $0.map(\.position) } }

    func position(of partition: Int) async throws -> Int64? { positions.last }

    func handle(_ batch: [LoggedEvent], partition: Int) async throws {
        received.withLock { $0 += batch }
    }
}

final class Names: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
}

struct Refused: Error {}
