import KafkaTestSupport
import Kernel
import Messaging
import MessagingKafka
import PlatformTestSupport
import Synchronization
import Testing

/// What a real broker does and the mock cluster does not.
@Suite(.enabled(if: KafkaUnderTest.broker != nil, "SAMBAL_TEST_KAFKA names no broker"))
struct KafkaBrokerTests {
    @Test func topics_are_made_as_they_are_configured() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop, types: ["placed", "sambal.order.OrderPlaced.v1"]) {
                $0.replication = 1
            }
            try await log.check()
            let kept = broker.kafka.configuration(of: "order")
            #expect(kept["retention.ms"] == "-1")
            #expect(kept["max.message.bytes"] == "9437184")
            #expect(broker.kafka.configuration(of: "events")["retention.ms"] == "-1")
            await log.close()
            let short = try broker.kafka.open(broker.loop, types: ["sambal.cart.CartOpened.v1"]) {
                $0.retention = .seconds(90 * 86_400)
            }
            try await short.check()
            #expect(broker.kafka.configuration(of: "cart")["retention.ms"] == "7776000000")
            await short.close()
        }
    }

    @Test func an_event_of_some_megabytes_arrives_whole() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            let events = [broker.event(1), broker.event(2, size: 5 << 20), broker.event(3)]
            try await log.append(events)
            let listener = Listener()
            try await broker.deliver(log, to: listener) { listener.ids.count >= 3 }
            #expect(listener.events == events)
            await log.close()
        }
    }

    @Test func a_group_that_has_not_read_what_was_deleted_is_told_so_and_a_new_one_begins_behind_it() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            try await log.append((1...6).map { broker.event($0) })
            let first = Listener()
            try await broker.deliver(log, to: first) { first.ids.count >= 6 }
            let partition = try #require(first.positions.first { $0.value == 5 }?.key)
            let number = try #require(partition.description.split(separator: "/").last.flatMap { Int32($0) })
            #expect(broker.kafka.deleteRecords(topic: "events", partition: number, before: 4))
            let late = Listener(group: "late", start: nil, positions: [partition: 1])
            let outcome = Mutex<EventError.Code?>(nil)
            let delivery = broker.loop.start {
                do { try await log.deliver(to: late) } catch {
                    outcome.withLock { $0 = (error as? EventError)?.code }
                }
            }
            try await eventually(on: broker.loop, within: .seconds(30)) { outcome.withLock { $0 } == .logReplaced }
            delivery.cancel()
            await delivery.value
            #expect(late.ids.isEmpty)
            let new = Listener(group: "new", start: nil)
            try await broker.deliver(log, to: new) { new.ids.count >= 2 }
            #expect(new.ids == ["5", "6"])
            // Whoever has read what is gone goes on.
            let further = Listener(group: "further", start: nil, positions: [partition: 3])
            try await broker.deliver(log, to: further) { further.ids.count >= 2 }
            #expect(further.ids == ["5", "6"])
            await log.close()
        }
    }
}
