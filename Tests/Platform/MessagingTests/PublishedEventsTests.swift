import FoundationEssentials
import Kernel
import Messaging
import PlatformTestSupport
import Storage
import StorageSQLite
import Synchronization
import Testing

/// What the log has taken can be published again.
@Suite struct PublishedEventsTests {
    @Test func events_are_published_again_in_their_order_and_under_their_names() async throws {
        try await LoopKind.simulated.run { loop in
            let desk = try await PublishingDesk(loop)
            let sent = try await desk.publish(500)
            #expect(desk.log.ids == sent)
            #expect(try await desk.kept() == 500)
            #expect(try await PublishedEvents.republish(desk.database, loop: loop) == 500)
            #expect(try await desk.kept() == 0)
            #expect(try await desk.relay.flush() == 500)
            #expect(desk.log.ids == sent + sent)
            // And once more: nothing is lost by it.
            #expect(try await PublishedEvents.republish(desk.database, loop: loop) == 500)
            #expect(try await desk.relay.flush() == 500)
            #expect(desk.log.ids == sent + sent + sent)
            await desk.database.close()
        }
    }

    @Test func only_what_happened_since_a_time_is_published_again() async throws {
        try await LoopKind.simulated.run { loop in
            let desk = try await PublishingDesk(loop)
            let early = try await desk.publish(3)
            try await loop.sleep(for: .seconds(60))
            let time = loop.now
            let late = try await desk.publish(4)
            #expect(try await PublishedEvents.republish(desk.database, loop: loop, since: time) == 4)
            #expect(try await desk.relay.flush() == 4)
            #expect(desk.log.ids == early + late + late)
            #expect(try await desk.kept() == 7)
            await desk.database.close()
        }
    }

    @Test func a_time_amid_what_was_relayed_at_once_is_kept_to() async throws {
        try await LoopKind.simulated.run { loop in
            let desk = try await PublishingDesk(loop)
            let early = try await desk.append(3)
            try await loop.sleep(for: .seconds(60))
            let time = loop.now
            let late = try await desk.append(4)
            #expect(try await desk.relay.flush() == 7)
            #expect(try await PublishedEvents.republish(desk.database, loop: loop, since: time) == 4)
            #expect(try await desk.kept() == 3)
            #expect(try await desk.relay.flush() == 4)
            #expect(desk.log.ids == early + late + late)
            #expect(desk.log.events[3].data == desk.log.events[7].data)
            await desk.database.close()
        }
    }

    /// Two instances of a service read the same rows; the one that read more of them is faster.
    @Test func what_two_relays_bring_is_kept_once_and_whole() async throws {
        try await LoopKind.simulated.run { loop in
            let desk = try await PublishingDesk(loop)
            let sent = try await desk.append(3)
            let other = Mutex(false)
            desk.log.whileAppending {
                guard
                    other.withLock({ isRunning in
                        defer { isRunning = true }
                        return !isRunning
                    })
                else { return }
                _ = try await desk.append(2)
                _ = try await desk.relay.flush()
            }
            _ = try await desk.relay.flush()
            #expect(Set(desk.log.ids).count == 5 && desk.log.ids.starts(with: sent))
            #expect(try await desk.kept() == 5)
            await desk.database.close()
        }
    }

    @Test func large_events_are_kept_in_rows_of_a_bounded_size() async throws {
        try await LoopKind.simulated.run { loop in
            let desk = try await PublishingDesk(loop)
            let text = String(repeating: "\"", count: 50_000)
            let sent = try await desk.append(9, text: text)
            _ = try await desk.relay.flush()
            let rows = try await desk.database.read { try await $0.count(PublishedEvents.schema, where: []) }
            #expect(rows == 9)
            #expect(try await PublishedEvents.republish(desk.database, loop: loop) == 9)
            _ = try await desk.relay.flush()
            #expect(desk.log.ids == sent + sent)
            #expect(desk.log.events[0].data == desk.log.events[9].data)
            await desk.database.close()
        }
    }

    @Test func old_events_are_let_go() async throws {
        try await LoopKind.simulated.run { loop in
            let desk = try await PublishingDesk(loop)
            _ = try await desk.publish(450)
            try await loop.sleep(for: PublishedEvents.keeping + .seconds(60))
            _ = try await desk.publish(5)
            let relaying = loop.start { await desk.relay.run() }
            // The first look for old ones is a minute after the start.
            try await loop.sleep(for: .seconds(120))
            #expect(try await desk.kept() == 5)
            relaying.cancel()
            await relaying.value
            await desk.database.close()
        }
    }
}

/// A service that only publishes.
private struct PublishingDesk: Sendable {
    let directory = TemporaryDirectory()
    let database: SQLiteDatabase
    let outbox: Outbox
    let log = TakingLog()
    let relay: Relay
    private let events: EventFactory

    init(_ loop: any Loop) async throws {
        database = try SQLiteDatabase(path: directory.file("p.db"), loop: loop)
        try await database.migrate([Migration(1, "outbox", [.create(Outbox.collection.schema)])])
        try await database.create(missing: [PublishedEvents.schema])
        outbox = Outbox(loop: loop)
        relay = Relay(outbox: outbox, database: database, log: log, loop: loop, keepsPublished: true)
        events = EventFactory(source: "/test", identifiers: IdentifierGenerator(loop: loop), loop: loop)
    }

    /// Returns the names of the events, which the log has then.
    func publish(_ count: Int) async throws -> [String] {
        let sent = try await append(count)
        _ = try await relay.flush()
        return sent
    }

    /// Returns the names of the events, which the outbox has then.
    func append(_ count: Int, text: String? = nil) async throws -> [String] {
        var sent: [String] = []
        for number in 0..<count {
            let stored = Stored(number: number, text: text)
            let event = try events.make(stored, subject: "s", sequence: Int64(number))
            sent.append(event.id)
            try await database.transaction { [outbox] in try await outbox.append(event, in: $0) }
        }
        return sent
    }

    func kept() async throws -> Int {
        try await database.read { try await PublishedEvents.count(in: $0) }
    }
}

private struct Stored: EventPayload {
    static let type = "test.Stored.v1"
    let number: Int
    let text: String?
}

/// Takes everything.
private final class TakingLog: EventLog {
    private let taken = Mutex<[CloudEvent]>([])
    private let beside = Mutex<(@Sendable () async throws -> Void)?>(nil)
    var events: [CloudEvent] { taken.withLock { $0 } }
    var ids: [String] { events.map(\.id) }

    /// Runs beside each append, before the relay hears that it is done.
    func whileAppending(_ work: @escaping @Sendable () async throws -> Void) { beside.withLock { $0 = work } }

    func append(_ events: [CloudEvent]) async throws {
        taken.withLock { $0 += events }
        try await beside.withLock { $0 }?()
    }

    func deliver(to subscriber: any Subscriber) async throws {}
    func positions(before time: Timestamp) async throws -> [LogPartition: Int64] { [:] }
    func check() async throws {}
}
