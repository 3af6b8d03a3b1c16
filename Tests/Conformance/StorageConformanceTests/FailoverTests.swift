import Glibc
import Kernel
import Messaging
import PlatformTestSupport
import Storage
import StorageMongoDB
import Synchronization
import Testing

/// A replica set of three MongoDB servers whose primary dies.
@Suite(.serialized) struct FailoverTests {
    private static let sets = ServerUnderTest.kinds.contains("mongodb") ? ["mongodb3"] : []

    private func open(_ url: String, _ loop: any Loop) throws -> MongoDBDatabase {
        try MongoDBDatabase(
            MongoDBSettings(
                url: url + "&serverSelectionTimeoutMS=2000&connectTimeoutMS=2000&socketTimeoutMS=4000",
                defaultSchema: "failover"), loop: loop)
    }

    /// What one server alone has stored is gone with it: nobody may have read it before.
    @Test(arguments: sets) func what_a_majority_has_not_kept_is_not_read(set: String) async throws {
        let server = ServerUnderTest(set)
        try await server.run { url in
            let primary = try await server.primary()
            let others = try server.members().filter { $0 != primary }
            defer { for member in others { kill(member, SIGCONT) } }
            try await LoopKind.threads.run { loop in
                let (writer, reader) = (try open(url, loop), try open(url, loop))
                try await writer.migrate(Gadget.migrations)
                try await reader.migrate(Gadget.migrations)
                _ = try await Repository<Gadget>(writer).insert(Gadget("kept"))
                #expect(try await Repository<Gadget>(reader).find("kept") != nil)
                // Its readiness is asked on the connection that has read.
                try await reader.check()
                #expect(try await !reader.acquireExclusive())
                for member in others { kill(member, SIGSTOP) }
                let lost = Task { _ = try await Repository<Gadget>(writer).insert(Gadget("lost")) }
                // The primary has it, waits for the others, and is one for some seconds still.
                var isSeen = false
                let end = loop.uptime + .seconds(3)
                while loop.uptime < end {
                    let found = try await Repository<Gadget>(reader).find("lost") != nil
                    isSeen = isSeen || found
                    try await loop.sleep(for: .milliseconds(20))
                }
                #expect(!isSeen)
                kill(primary, SIGKILL)
                for member in others { kill(member, SIGCONT) }
                // The new primary has it or not; the writer tries again, and knows in the end or says that it does not.
                let outcome = await lost.result
                try await eventually(on: loop, within: .seconds(25)) {
                    (try? await Repository<Gadget>(reader).find("kept")) != nil
                }
                let isStored = try await Repository<Gadget>(reader).find("lost") != nil
                switch outcome {
                case .success: #expect(isStored)
                case .failure(let error as StorageError): #expect(error.code == .outcomeUnknown || !isStored)
                case .failure(let error): throw error
                }
                await writer.close()
                await reader.close()
            }
        }
    }

    /// Each event that was published has its state, and each state that was confirmed has its event.
    @Test(arguments: sets) func a_primary_that_dies_amid_load_loses_no_event_and_invents_none(
        set: String
    ) async throws {
        let server = ServerUnderTest(set)
        try await server.run { url in
            try await LoopKind.threads.run { loop in
                let database = try open(url, loop)
                try await database.migrate([
                    Migration(1, "test", [.create(Gadget.collection.schema), .create(Outbox.collection.schema)])
                ])
                let log = PublishedIDs()
                let outbox = Outbox(loop: loop)
                let relay = Relay(outbox: outbox, database: database, log: log, loop: loop)
                let relaying = Task { await relay.run() }
                let confirmed = try await load(database, outbox, loop) {
                    kill(try await server.primary(), SIGKILL)
                }
                try await eventually(on: loop, within: .seconds(25)) {
                    try await database.read { try await $0.count(Outbox.collection.schema, where: []) } == 0
                }
                relaying.cancel()
                await relaying.value
                let stored = Set(
                    try await Repository<Gadget>(database).all(Query(limit: 100_000)).map(\.id))
                #expect(log.ids.subtracting(stored).isEmpty, "events without their state")
                #expect(stored.subtracting(log.ids).isEmpty, "states without their event")
                #expect(confirmed.subtracting(stored).isEmpty, "confirmed and lost")
                #expect(confirmed.count > 50)
                await database.close()
            }
        }
    }

    /// Eight clients, and a kill in their midst; gives the ids that were confirmed.
    private func load(
        _ database: MongoDBDatabase, _ outbox: Outbox, _ loop: any Loop,
        kill: @escaping @Sendable () async throws -> Void
    ) async throws -> Set<String> {
        let confirmed = Names()
        let end = loop.uptime + .seconds(16)
        let events = EventFactory(source: "/test", identifiers: IdentifierGenerator(loop: loop), loop: loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<8 {
                group.addTask {
                    var number = 0
                    while loop.uptime < end {
                        number += 1
                        let id = "c\(client)-\(number)"
                        do {
                            try await database.transaction { tx in
                                _ = try await Repository<Gadget>(database).insert(Gadget(id), in: tx)
                                let event = try events.make(GadgetMade(id: id), subject: id, sequence: 1)
                                try await outbox.append(event, in: tx)
                            }
                            confirmed.add(id)
                        } catch is StorageError {
                            try await loop.sleep(for: .milliseconds(50))
                        }
                    }
                }
            }
            group.addTask {
                try await eventually(on: loop) { confirmed.all.count > 50 }
                try await kill()
            }
            try await group.waitForAll()
        }
        return Set(confirmed.all)
    }
}

private struct GadgetMade: EventPayload {
    static let type = "test.gadget.made.v1"
    let id: String
}

/// An event log that keeps the subjects of what was published.
private final class PublishedIDs: EventLog {
    private let published = Mutex(Set<String>())
    var ids: Set<String> { published.withLock { $0 } }

    func append(_ events: [CloudEvent]) async throws {
        published.withLock { $0.formUnion(events.map(\.subject)) }
    }
    func deliver(to subscriber: any Subscriber) async throws {}
    func positions(before time: Timestamp) async throws -> [LogPartition: Int64] { [:] }
    func check() async throws {}
}
