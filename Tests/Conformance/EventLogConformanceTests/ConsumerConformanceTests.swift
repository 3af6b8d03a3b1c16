import Kernel
import Messaging
import PlatformTestSupport
import Storage
import Testing

/// What a consumer does with a log: effects once, in order, in one transaction with its position.
@Suite struct ConsumerConformanceTests {
    @Test(arguments: Setting.all) func every_event_takes_effect_once_though_the_log_repeats_it(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let database = try await stage.database("consumer")
            let consumer = Consumer(
                group: "g", database: database, loop: stage.loop, handlers: ["placed": Stage.effect])
            let batch = (1...5).map { LoggedEvent(event: stage.event($0), position: Int64($0)) }
            try await consumer.handle(batch, partition: LogPartition("p"))
            // As after a lost position: the same events at other positions.
            let again = (1...6).map { LoggedEvent(event: stage.event($0), position: Int64($0) + 10) }
            try await consumer.handle(again, partition: LogPartition("p"))
            #expect(consumer.handled == 6)
            #expect(consumer.duplicates == 5)
            #expect(try await consumer.position(of: LogPartition("p")) == 16)
            #expect(try await consumer.position(of: LogPartition("q")) == nil)
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
                        try await Stage.effect(event, tx)
                        if event.id == "3", failures.all.count < 2 { throw Refused() }
                        tx.afterCommit { order.add(event.id) }
                    }
                ],
                onFailure: { failure in failures.add("\(failure.event.id) \(failure.failures) \(failure.delay)") })
            try await stage.log.append((1...5).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [consumer]) { order.all.count >= 5 }
            #expect(order.all == ["1", "2", "3", "4", "5"])
            #expect(failures.all == ["3 1 0.1 seconds", "3 2 0.2 seconds"])
            let count = try await database.read { try await $0.count(Stage.effects, where: []) }
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
                        try await Stage.effect(event, tx)
                        if event.id == "3" { throw Refused() }
                    }
                ], onFailure: { failures.add($0.event.id) })
            try await stage.log.append((1...5).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [consumer]) { failures.all.count >= 2 }
            #expect(try await stage.effects(database) == ["1", "2"])
            let recorder = Recorder()
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.count >= 5 }
            let place = try #require(recorder.place(of: "2"))
            #expect(try await consumer.position(of: place.partition) == place.position)
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
            let isKnown = Signal()
            let consumer = Consumer(
                group: "g", database: database, loop: loop,
                handlers: [
                    "placed": { event, tx in
                        try await Stage.effect(event, tx)
                        // Its failure cannot be known while it still runs in its place.
                        if event.id == "2", failures.all.isEmpty { await isKnown.wait(on: loop) }
                        tx.afterCommit { order.add(event.id) }
                    }
                ],
                onFailure: { failure in
                    failures.add("\(failure.error)")
                    isKnown.raise()
                })
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
                group: "g", database: receiver, loop: stage.loop, handlers: ["placed": Stage.effect])
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
            let effects = try await receiver.read { try await $0.count(Stage.effects, where: []) }
            let waiting = try await publisher.read { try await $0.count(Outbox.collection.schema, where: []) }
            #expect(effects == 270)
            #expect(waiting == 0)
            #expect(relay.depth == 0)
            #expect(relay.age == .zero)
            await publisher.close()
            await receiver.close()
        }
    }

    @Test(arguments: Setting.all) func a_poison_event_is_set_aside_and_other_subjects_go_on(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let database = try await stage.database("consumer")
            let consumer = Consumer(
                group: "g", database: database, loop: stage.loop,
                handlers: [
                    "placed": { event, tx in
                        try await Stage.effect(event, tx)
                        if event.id == "3" { throw Refused() }
                    }
                ], retries: 2)
            try await stage.log.append((1...20).map { stage.event($0, subject: $0 % 2 == 0 ? "even" : "odd") })
            try await stage.deliver(from: stage.log, to: [consumer]) {
                consumer.handled >= 11 && consumer.deadLetters.count >= 9
            }
            #expect(try await stage.effects(database).filter { Int($0)! % 2 == 0 } == (1...10).map { "\($0 * 2)" })
            #expect(try await stage.effects(database).contains("1"))
            let letters = try await consumer.deadLetters.list()
            #expect(letters.map(\.event.id) == (1...9).map { "\($0 * 2 + 1)" })
            #expect(letters.map(\.state) == [.failed] + Array(repeating: .waiting, count: 8))
            #expect(consumer.failures == 3)
            // It is past it: another start does not meet it again.
            try await stage.log.append([stage.event(21, subject: "even"), stage.event(22, subject: "odd")])
            try await stage.deliver(from: stage.log, to: [consumer]) {
                consumer.handled >= 12 && consumer.deadLetters.count >= 10
            }
            #expect(consumer.failures == 3)
            await database.close()
        }
    }

    @Test(arguments: Setting.all) func a_member_that_joins_or_leaves_while_events_are_handled_repeats_and_skips_nothing(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let other = try stage.site.open()
            // Both write to one database, as two processes of one service do: an effect twice would fail.
            let database = try await stage.database("consumer")
            let failures = Names()
            let members = (0..<2).map { _ in
                Consumer(
                    group: "g", database: database, loop: stage.loop, handlers: ["placed": Stage.effect],
                    onFailure: { failures.add("\($0.error)") })
            }
            let (sent, stop) = (Names(), Names())
            let appending = stage.loop.start {
                while stop.all.isEmpty {
                    let id = sent.all.count
                    try? await stage.log.append([stage.event(id, subject: "s\(id % 12)")])
                    sent.add("\(id)")
                    try? await stage.loop.sleep(for: .milliseconds(10))
                }
            }
            let first = stage.delivery(from: stage.log, to: members[0])
            try await eventually(on: stage.loop, within: .seconds(60)) { members[0].handled >= 5 }
            let second = stage.delivery(from: other, to: members[1])
            try await eventually(on: stage.loop, within: .seconds(60)) {
                members[1].handled + members[1].duplicates >= 5
            }
            first.cancel()
            await first.value
            stop.add("now")
            await appending.value
            let all = sent.all
            try await eventually(on: stage.loop, within: .seconds(60)) {
                try await stage.effects(database).count >= all.count
            }
            second.cancel()
            await second.value
            let effects = try await stage.effects(database)
            #expect(effects.count == all.count)
            for subject in 0..<12 {
                #expect(effects.filter { Int($0)! % 12 == subject } == all.filter { Int($0)! % 12 == subject })
            }
            #expect(failures.all.isEmpty)
            await database.close()
            await stage.site.close(other)
        }
    }

    @Test(arguments: Setting.all) func a_rewound_consumer_handles_again_from_the_start_or_a_position(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let database = try await stage.database("consumer")
            let (order, recorder) = (Names(), Recorder())
            let consumer = Consumer(
                group: "g", database: database, loop: stage.loop,
                handlers: ["placed": { event, tx in tx.afterCommit { order.add(event.id) } }])
            try await stage.log.append((1...6).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [consumer, recorder]) {
                order.all.count >= 6 && recorder.events.count >= 6
            }
            try await consumer.rewind()
            try await stage.deliver(from: stage.log, to: [consumer]) { order.all.count >= 12 }
            let place = try #require(recorder.place(of: "4"))
            try await consumer.rewind(to: [place.partition: place.position])
            try await stage.deliver(from: stage.log, to: [consumer]) { order.all.count >= 14 }
            let all = (1...6).map { "\($0)" }
            #expect(order.all == all + all + ["5", "6"])
            await database.close()
        }
    }

    @Test(arguments: Setting.all) func a_rewind_is_noticed_by_a_delivery_that_runs(setting: Setting) async throws {
        try await setting.run { stage in
            let database = try await stage.database("consumer")
            let order = Names()
            let consumer = Consumer(
                group: "g", database: database, loop: stage.loop,
                handlers: ["placed": { event, tx in tx.afterCommit { order.add(event.id) } }])
            try await stage.log.append((1...3).map { stage.event($0) })
            let delivery = stage.delivery(from: stage.log, to: consumer)
            try await eventually(on: stage.loop, within: .seconds(60)) { order.all.count >= 3 }
            try await consumer.rewind()
            try await stage.log.append([stage.event(4)])
            try await eventually(on: stage.loop, within: .seconds(60)) { order.all.count >= 7 }
            #expect(order.all == ["1", "2", "3", "1", "2", "3", "4"])
            delivery.cancel()
            await delivery.value
            await database.close()
        }
    }
}
