import FoundationEssentials
import Kernel
import Messaging
import PlatformTestSupport
import Simulation
import Storage
import Synchronization
import Testing

/// Two processes of one service that write events to the outbox of their common database.
@Suite struct OutboxConformanceTests {
    @Test(arguments: Setting.all) func events_leave_in_the_order_in_which_they_were_written_whoever_wrote_them(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let migrations = Gadget.migrations + [Migration(2, "outbox", [.create(Outbox.collection.schema)])]
            try await stage.database.migrate(migrations)
            let other = try stage.openAgain()
            try await other.migrate(migrations)
            // The other one's clock stands still, and is behind or ahead of this one's.
            let writers = [
                (stage.database, Outbox(loop: stage.loop)), (other, Outbox(loop: SimulatedLoop(seed: 1))),
            ]
            for number in 0..<60 {
                let (database, outbox) = writers[number % 7 % 2]
                try await database.transaction { tx in
                    for part in 0..<2 { try await outbox.append(event(2 * number + part), in: tx) }
                }
            }
            let log = TakenEvents()
            let relay = Relay(outbox: writers[1].1, database: other, log: log, loop: stage.loop)
            #expect(try await relay.flush() == 120)
            #expect(log.ids == (0..<120).map { "\($0)" })
            await other.close()
        }
    }

    @Test(arguments: Setting.all) func events_of_many_subjects_are_written_at_once_and_each_keeps_its_order(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let migrations = Gadget.migrations + [Migration(2, "outbox", [.create(Outbox.collection.schema)])]
            try await stage.database.migrate(migrations)
            let other = try stage.openAgain()
            let outboxes = [Outbox(loop: stage.loop), Outbox(loop: SimulatedLoop(seed: 1))]
            let databases = [stage.database, other]
            await withTaskGroup(of: Void.self) { group in
                for subject in 0..<6 {
                    group.addTask {
                        for step in 0..<12 {
                            let (database, outbox) = (databases[step % 2], outboxes[step % 2])
                            await expectNoError {
                                try await database.transaction { tx in
                                    try await outbox.append(event(step, subject: "s\(subject)"), in: tx)
                                }
                            }
                        }
                    }
                }
            }
            let log = TakenEvents()
            #expect(try await Relay(outbox: outboxes[0], database: other, log: log, loop: stage.loop).flush() == 72)
            for subject in 0..<6 { #expect(log.ids(of: "s\(subject)") == (0..<12).map { "\($0)" }) }
            await other.close()
        }
    }

    private func event(_ number: Int, subject: String = "s") -> CloudEvent {
        CloudEvent(
            id: "\(number)", source: "/test", type: "t", subject: subject, time: Timestamp(milliseconds: 1),
            sequence: Int64(number), data: Data("1".utf8))
    }

    private func expectNoError(_ body: () async throws -> Void) async {
        do { try await body() } catch { Issue.record("\(error)") }
    }
}

/// A log that remembers what it was given.
private final class TakenEvents: EventLog {
    private let events = Mutex<[CloudEvent]>([])

    var ids: [String] { events.withLock { $0.map(\.id) } }
    func ids(of subject: String) -> [String] { events.withLock { $0.filter { $0.subject == subject }.map(\.id) } }

    func append(_ new: [CloudEvent]) async throws { events.withLock { $0 += new } }
    func deliver(to subscriber: any Subscriber) async throws {}
    func positions(before time: Timestamp) async throws -> [LogPartition: Int64] { [:] }
    func check() async throws {}
}
