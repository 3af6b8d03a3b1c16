import Kernel
import Messaging
import PlatformTestSupport
import Storage
import Testing

/// A consumer stays with the log that it has read, however long another one gets.
@Suite struct LogIdentityConformanceTests {
    @Test(arguments: Setting.all) func a_log_keeps_its_identity_when_it_is_opened_again(setting: Setting) async throws {
        try await setting.run { stage in
            let other = try stage.site.open()
            let identity = try await stage.log.identity()
            #expect(identity != nil)
            #expect(try await other.identity() == identity)
            await stage.site.close(other)
        }
    }

    @Test(arguments: Setting.all) func a_log_knows_who_has_published_in_it(setting: Setting) async throws {
        try await setting.run { stage in
            let event = CloudEvent(
                id: "1", source: "/events", type: "placed", subject: "s", time: stage.loop.now, sequence: 1,
                data: stage.event(1).data)
            #expect(try await !stage.log.hasEvents(from: "/events"))
            try await stage.log.append([event])
            #expect(try await stage.log.hasEvents(from: "/events"))
            #expect(try await !stage.log.hasEvents(from: "/nobody"))
        }
    }

    @Test(arguments: Setting.all) func another_log_is_refused_also_when_it_is_longer(setting: Setting) async throws {
        try await setting.run { stage in
            let consumer = try await Reader(stage)
            try await stage.log.append((1...3).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [consumer.consumer]) { consumer.order.all.count >= 3 }
            let directory = TemporaryDirectory()
            let site = try await stage.engine.site(directory, stage.loop)
            let other = try site.open()
            try await other.append((11...20).map { stage.event($0) })
            await expectReplaced { try await other.deliver(to: consumer.consumer) }
            // Another process of the service, which knows nothing of the first log.
            let fresh = consumer.again()
            await expectReplaced { try await other.deliver(to: fresh) }
            #expect(consumer.order.all == ["1", "2", "3"])
            await site.close(other)
            await site.end()
            await consumer.database.close()
        }
    }

    @Test(arguments: Setting.all) func an_older_copy_of_the_log_is_refused_when_it_has_become_longer(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let consumer = try await Reader(stage)
            let identity = try await stage.log.identity()
            try await stage.log.append((1...6).map { stage.event($0) })
            let recorder = Recorder()
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.count >= 6 }
            // As after the log was put back: where "4" is now, the group has read another event.
            let place = try #require(recorder.place(of: "4"))
            try await consumer.stand(at: place.position, place.partition, reading: "/test 99", of: identity)
            await expectReplaced { try await stage.log.deliver(to: consumer.consumer) }
            #expect(consumer.order.all.isEmpty)
            try await consumer.stand(at: place.position, place.partition, reading: "/test 4", of: identity)
            try await stage.deliver(from: stage.log, to: [consumer.again()]) { consumer.order.all.count >= 2 }
            #expect(consumer.order.all == ["5", "6"])
            await consumer.database.close()
        }
    }

    @Test(arguments: Setting.all) func an_adopted_log_is_read_without_handling_anything_twice(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let consumer = try await Reader(stage)
            try await stage.log.append((1...3).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [consumer.consumer]) { consumer.order.all.count >= 3 }
            let site = try await stage.engine.site(TemporaryDirectory(), stage.loop)
            let other = try site.open()
            try await other.append((2...5).map { stage.event($0) })
            let identity = try await other.identity()
            let groups = try await consumer.database.transaction {
                try await Consumer.adopt(identity, after: [:], in: $0)
            }
            #expect(groups == ["g"])
            try await stage.deliver(from: other, to: [consumer.again()]) { consumer.order.all.count >= 5 }
            #expect(consumer.order.all == ["1", "2", "3", "4", "5"])
            await site.close(other)
            await site.end()
            await consumer.database.close()
        }
    }
}

/// A consumer, and what it has handled.
private struct Reader: Sendable {
    let database: any Database
    let consumer: Consumer
    let order = Names()
    private let loop: any Loop

    init(_ stage: Stage) async throws {
        database = try await stage.database("consumer")
        loop = stage.loop
        consumer = Self.consumer(database, loop, order)
    }

    func again() -> Consumer { Self.consumer(database, loop, order) }

    /// Puts the group where a log has, or should have, that event.
    func stand(at position: Int64, _ partition: LogPartition, reading event: String, of log: LogIdentity?) async throws
    {
        try await database.transaction { tx in
            try await Consumer.place(
                "g", at: KnownPosition(position, log: log, event: event), of: partition, in: tx)
        }
    }

    private static func consumer(_ database: any Database, _ loop: any Loop, _ order: Names) -> Consumer {
        Consumer(
            group: "g", database: database, loop: loop,
            handlers: ["placed": { event, tx in tx.afterCommit { order.add(event.id) } }])
    }
}

private func expectReplaced(_ body: () async throws -> Void) async {
    do {
        try await body()
        Issue.record("the log was read")
    } catch let error as EventError {
        #expect(error.code == .logReplaced)
        #expect(error.message.contains("docs/runbook.md#"))
    } catch {
        Issue.record("threw \(error)")
    }
}
