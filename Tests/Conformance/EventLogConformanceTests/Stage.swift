import FoundationEssentials
import Kernel
import Messaging
import PlatformTestSupport
import Storage
import StorageSQLite
import Testing

/// A new log, and what a test needs to write to it and to consume it.
struct Stage: Sendable {
    let engine: LogEngine
    let directory: TemporaryDirectory
    let loop: any Loop
    let site: any LogSite
    let log: any EventLog

    static let effects = CollectionSchema(
        name: "effects",
        fields: [FieldSchema(name: "place", type: .integer, isUnique: false, isIndexed: false)])

    /// A consuming service's database with the tables of inbox, positions and outbox.
    func database(_ name: String) async throws -> any Database {
        let database = try SQLiteDatabase(path: directory.file("\(name).db"), loop: loop)
        let schemas = Consumer.collections + [Outbox.collection.schema, Self.effects]
        try await database.migrate([Migration(1, "tables", schemas.map { .create($0) })])
        return database
    }

    /// What a handler does to the database: fails when the event took effect before.
    static func effect(_ event: CloudEvent, _ tx: any Transaction) async throws {
        let place = try await tx.count(effects, where: [])
        let record = Record(id: event.id, version: 1, document: [], fields: [.integer(Int64(place))])
        try await tx.insert(record, into: effects)
    }

    /// The events that took effect, in the order in which they did.
    func effects(_ database: any Database) async throws -> [String] {
        try await database.read { tx in
            try await tx.query(Self.effects, Query(sort: [Sort("place")], limit: 10_000)).map(\.id)
        }
    }

    func event(_ id: Int, type: String = "placed", subject: String = "s", size: Int = 0) -> CloudEvent {
        CloudEvent(
            id: "\(id)", source: "/test", type: type, subject: subject, time: loop.now, sequence: Int64(id),
            traceparent: id % 2 == 0 ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : nil,
            data: Data("{\"number\":\(id),\"filler\":\"\(String(repeating: "x", count: size))\"}".utf8))
    }

    /// Delivers until `condition` holds, then stops.
    func deliver(
        from log: any EventLog, to subscribers: [any Subscriber], until condition: @Sendable () async throws -> Bool
    ) async throws {
        let deliveries = subscribers.map { delivery(from: log, to: $0) }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await eventually(on: loop, within: .seconds(60), condition))
        } catch {
            outcome = .failure(error)
        }
        for delivery in deliveries { delivery.cancel() }
        for delivery in deliveries { await delivery.value }
        try outcome.get()
    }

    /// A delivery that its caller ends.
    func delivery(from log: any EventLog, to subscriber: any Subscriber) -> Task<Void, Never> {
        loop.start {
            do { try await log.deliver(to: subscriber) } catch { Issue.record("the delivery failed: \(error)") }
        }
    }
}

struct Refused: Error {}
