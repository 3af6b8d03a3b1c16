import Kernel
import Messaging
import PlatformTestSupport
import Storage
import Testing

/// What a consumer does with a log: effects once, in order, in one transaction with its position.
@Suite struct ConsumerConformanceTests {
    private static let effects = CollectionSchema(name: "effects", fields: [])

    private static func effect(_ event: CloudEvent, _ tx: any Transaction) async throws {
        try await tx.insert(Record(id: event.id, version: 1, document: [], fields: []), into: effects)
    }

    @Test(arguments: Setting.all) func every_event_takes_effect_once_though_the_log_repeats_it(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let database = try await stage.database("consumer")
            let consumer = Consumer(
                group: "g", database: database, loop: stage.loop, handlers: ["placed": Self.effect])
            let batch = (1...5).map { LoggedEvent(event: stage.event($0), position: Int64($0)) }
            try await consumer.handle(batch, partition: 0)
            // As after a lost position: the same events at other positions.
            let again = (1...6).map { LoggedEvent(event: stage.event($0), position: Int64($0) + 10) }
            try await consumer.handle(again, partition: 0)
            #expect(consumer.handled == 6)
            #expect(consumer.duplicates == 5)
            #expect(try await consumer.position(of: 0) == 16)
            #expect(try await consumer.position(of: 1) == nil)
            await database.close()
        }
    }

    @Test(arguments: Setting.all) func a_failing_event_is_tried_again_and_later_ones_wait(setting: Setting) async throws
    {
        try await setting.run { stage in
            let database = try await stage.database("consumer")
            let (order, failures) = (Names(), Names())
            let consumer = Consumer(
                group: "g", database: database, loop: stage.loop,
                handlers: [
                    "placed": { event, tx in
                        try await Self.effect(event, tx)
                        if event.id == "3", failures.all.count < 2 { throw Refused() }
                        tx.afterCommit { order.add(event.id) }
                    }
                ],
                onFailure: { failure in failures.add("\(failure.event.id) \(failure.failures) \(failure.delay)") })
            try await stage.log.append((1...5).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [consumer]) { order.all.count >= 5 }
            #expect(order.all == ["1", "2", "3", "4", "5"])
            #expect(failures.all == ["3 1 0.1 seconds", "3 2 0.2 seconds"])
            let count = try await database.read { try await $0.count(Self.effects, where: []) }
            #expect(count == 5)
            await database.close()
        }
    }

    @Test(arguments: Setting.all) func what_stands_before_a_failing_event_is_durable_with_its_position(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let database = try await stage.database("consumer")
            let failures = Names()
            let consumer = Consumer(
                group: "g", database: database, loop: stage.loop,
                handlers: [
                    "placed": { event, tx in
                        try await Self.effect(event, tx)
                        if event.id == "3" { throw Refused() }
                    }
                ], onFailure: { failures.add($0.event.id) })
            try await stage.log.append((1...5).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [consumer]) { failures.all.count >= 2 }
            let found = try await database.read { tx in
                try await tx.query(Self.effects, Query(limit: 9)).map(\.id)
            }
            #expect(found == ["1", "2"])
            #expect(try await consumer.position(of: 0) == 2)
            await database.close()
        }
    }

    @Test(arguments: Setting.all) func a_handler_that_breaks_the_rule_of_transactions_loses_nothing(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let database = try await stage.database("consumer")
            let (order, failures) = (Names(), Names())
            let loop = stage.loop
            let consumer = Consumer(
                group: "g", database: database, loop: loop,
                handlers: [
                    "placed": { event, tx in
                        try await Self.effect(event, tx)
                        if event.id == "2", failures.all.isEmpty { try await loop.sleep(for: .milliseconds(1)) }
                        tx.afterCommit { order.add(event.id) }
                    }
                ], onFailure: { failures.add("\($0.error)") })
            try await stage.log.append((1...3).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [consumer]) { order.all.count >= 3 }
            #expect(order.all == ["1", "2", "3"])
            #expect(failures.all.count == 1)
            await database.close()
        }
    }

    @Test(arguments: Setting.all) func outbox_relay_log_and_consumer_bring_every_event_once(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let (publisher, receiver) = (try await stage.database("publisher"), try await stage.database("receiver"))
            let outbox = Outbox(loop: stage.loop)
            let relay = Relay(outbox: outbox, database: publisher, log: stage.log, loop: stage.loop)
            let consumer = Consumer(
                group: "g", database: receiver, loop: stage.loop, handlers: ["placed": Self.effect])
            let relaying = stage.loop.start { await relay.run() }
            let placing = stage.loop.start {
                await withTaskGroup(of: Void.self) { group in
                    for id in 0..<300 {
                        group.addTask {
                            try? await publisher.transaction { tx in
                                try await outbox.append(stage.event(id), in: tx)
                                if id % 10 == 0 { throw Refused() }
                            }
                        }
                    }
                }
            }
            try await stage.deliver(from: stage.log, to: [consumer]) { consumer.handled >= 270 }
            await placing.value
            try await eventually(on: stage.loop) { relay.relayed == 270 }
            relaying.cancel()
            await relaying.value
            let effects = try await receiver.read { try await $0.count(Self.effects, where: []) }
            let waiting = try await publisher.read { try await $0.count(Outbox.collection.schema, where: []) }
            #expect(effects == 270)
            #expect(waiting == 0)
            #expect(relay.depth == 0)
            #expect(relay.age == .zero)
            await publisher.close()
            await receiver.close()
        }
    }
}
