import FoundationEssentials
import Kernel
import Messaging
import PlatformTestSupport
import Storage
import StorageSQLite
import Synchronization
import Testing

private struct Placed: EventPayload, Equatable {
    static let type = "test.Placed.v1"
    var quantity: Int
}

private struct Paid: EventPayload {
    static let type = "test.Paid.v1"
}

/// A log that refuses as often as it is told to, and remembers the rest.
private final class FlakyLog: EventLog {
    private struct State {
        var failures: Int
        var events: [CloudEvent] = []
    }
    private let state: Mutex<State>

    init(failures: Int) { state = Mutex(State(failures: failures)) }

    var ids: [String] { state.withLock { $0.events.map(\.id) } }

    func append(_ events: [CloudEvent]) async throws {
        try state.withLock { state in
            guard state.failures == 0 else {
                state.failures -= 1
                throw CancellationError()
            }
            state.events += events
        }
    }

    func deliver(to subscriber: any Subscriber) async throws {}
    func positions(before time: Timestamp) async throws -> [LogPartition: Int64] { [:] }
    func check() async throws {}
}

/// A log that takes every other event of its first batch.
private final class PickyLog: EventLog {
    private let taken = Mutex<[CloudEvent]>([])

    var ids: [String] { taken.withLock { $0.map(\.id) } }

    func append(_ events: [CloudEvent]) async throws {
        let isFirst = taken.withLock { $0.isEmpty }
        let places = Array(stride(from: isFirst ? 1 : 0, to: events.count, by: isFirst ? 2 : 1))
        taken.withLock { $0 += places.map { events[$0] } }
        if isFirst { throw PartlyAppended(taken: places, cause: CancellationError()) }
    }

    func deliver(to subscriber: any Subscriber) async throws {}
    func positions(before time: Timestamp) async throws -> [LogPartition: Int64] { [:] }
    func check() async throws {}
}

@Suite struct OutboxTests {
    @Test func the_relay_waits_the_log_out_and_keeps_the_order() async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let database = try SQLiteDatabase(path: directory.file("o.db"), loop: loop)
            try await database.migrate([Migration(1, "outbox", [.create(Outbox.collection.schema)])])
            let (outbox, log) = (Outbox(loop: loop), FlakyLog(failures: 9))
            let relay = Relay(outbox: outbox, database: database, log: log, loop: loop)
            let events = EventFactory(source: "/test", identifiers: IdentifierGenerator(loop: loop), loop: loop)
            let relaying = loop.start { await relay.run() }
            var sent: [String] = []
            for quantity in 0..<600 {
                let event = try events.make(Placed(quantity: quantity), subject: "s", sequence: Int64(quantity))
                sent.append(event.id)
                try await database.transaction { try await outbox.append(event, in: $0) }
            }
            try await eventually(on: loop, within: .seconds(60)) { log.ids.count >= 600 }
            #expect(log.ids == sent)
            #expect(relay.failures == 9)
            try await eventually(on: loop) { relay.depth == 0 }
            relaying.cancel()
            await relaying.value
            await database.close()
        }
    }

    @Test func rows_of_an_earlier_run_stay_in_front_though_the_clock_went_back() async throws {
        let directory = TemporaryDirectory()
        let path = directory.file("o.db")
        let migrations = [Migration(1, "outbox", [.create(Outbox.collection.schema)])]
        for (index, seed) in [UInt64(1), 2, 3].enumerated() {
            try await LoopKind.simulated.run(seed: seed) { loop in
                // Each run begins at the same time; the first one works an hour later.
                if index == 0 { try await loop.sleep(for: .seconds(3600)) }
                let database = try SQLiteDatabase(path: path, loop: loop)
                try await database.migrate(migrations)
                let outbox = Outbox(loop: loop)
                let event = CloudEvent(
                    id: "\(index)", source: "/t", type: "t", subject: "s", time: loop.now, sequence: 1,
                    data: Data("1".utf8))
                try await database.transaction { try await outbox.append(event, in: $0) }
                if index == 2 {
                    let log = FlakyLog(failures: 0)
                    let relay = Relay(outbox: outbox, database: database, log: log, loop: loop)
                    #expect(try await relay.flush() == 3)
                    #expect(log.ids == ["0", "1", "2"])
                }
                await database.close()
            }
        }
    }

    @Test func the_depth_is_what_the_database_has_after_a_restart_too() async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let database = try SQLiteDatabase(path: directory.file("o.db"), loop: loop)
            try await database.migrate([Migration(1, "outbox", [.create(Outbox.collection.schema)])])
            let event = CloudEvent(
                id: "1", source: "/t", type: "t", subject: "s", time: loop.now, sequence: 1, data: Data("1".utf8))
            let earlier = Outbox(loop: loop)
            try await database.transaction { tx in
                for _ in 0..<300 { try await earlier.append(event, in: tx) }
            }
            let outbox = Outbox(loop: loop)
            let relay = Relay(outbox: outbox, database: database, log: FlakyLog(failures: 3), loop: loop)
            try await database.transaction { try await outbox.append(event, in: $0) }
            #expect(relay.depth == 1)
            await #expect(throws: (any Error).self) { try await relay.flush() }
            #expect(relay.depth == 301)
            try await database.transaction { try await outbox.append(event, in: $0) }
            #expect(relay.depth == 302)
            try await eventually(on: loop) { (try? await relay.flush()) != nil }
            #expect(relay.depth == 0)
            await database.close()
        }
    }

    @Test func what_the_log_took_of_a_batch_is_not_sent_again() async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let database = try SQLiteDatabase(path: directory.file("o.db"), loop: loop)
            try await database.migrate([Migration(1, "outbox", [.create(Outbox.collection.schema)])])
            let (outbox, log) = (Outbox(loop: loop), PickyLog())
            let relay = Relay(outbox: outbox, database: database, log: log, loop: loop)
            for id in 0..<6 {
                let event = CloudEvent(
                    id: "\(id)", source: "/t", type: "t", subject: "s\(id)", time: loop.now, sequence: 1,
                    data: Data("1".utf8))
                try await database.transaction { try await outbox.append(event, in: $0) }
            }
            await #expect(throws: CancellationError.self) { try await relay.flush() }
            #expect(relay.depth == 3)
            #expect(try await relay.flush() == 3)
            #expect(log.ids == ["1", "3", "5", "0", "2", "4"])
            await database.close()
        }
    }

    @Test func a_payload_comes_back_as_it_was_and_only_as_its_own_type() async throws {
        try await LoopKind.simulated.run { loop in
            let events = EventFactory(source: "/test", identifiers: IdentifierGenerator(loop: loop), loop: loop)
            let event = try events.make(Placed(quantity: 3), subject: "s", sequence: 1, traceparent: "00-ab")
            #expect(event.type == "test.Placed.v1")
            #expect(event.traceparent == "00-ab")
            #expect(try event.decode(Placed.self) == Placed(quantity: 3))
            #expect(throws: EventError.self) { try event.decode(Paid.self) }
        }
    }

    @Test func a_subscription_reads_the_payload() async throws {
        let subscription = handler(for: Placed.self) { payload, event, tx in
            #expect(payload.quantity == Int(event.sequence))
        }
        #expect(subscription.type == Placed.type)
    }
}
