import KafkaTestSupport
import Kernel
import Messaging
import MessagingKafka
import PlatformTestSupport
import Synchronization
import Testing

/// Where a group begins: what its own database says, whatever Kafka remembers.
@Suite struct KafkaPositionTests {
    @Test func the_position_counts_and_not_what_kafka_was_told() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            try await log.append((1...6).map { broker.event($0) })
            let first = Listener()
            try await broker.deliver(log, to: first) { first.ids.count >= 6 }
            let (partition, position) = try #require(first.positions.first { $0.value == 5 })
            let number = try #require(partition.description.split(separator: "/").last.flatMap { Int32($0) })
            // Tools that show lag see the next offset.
            #expect(broker.kafka.committed(by: "listener", topic: "events", partition: number) == position + 1)
            // The same group with its database restored from yesterday, and one that is further than Kafka knows.
            let restored = Listener(start: nil)
            try await broker.deliver(log, to: restored) { restored.ids.count >= 6 }
            #expect(restored.ids == first.ids)
            let further = Listener(group: "other", start: nil, positions: [partition: 3])
            try await broker.deliver(log, to: further) { further.ids.count >= 2 }
            #expect(further.ids == ["5", "6"])
            await log.close()
        }
    }

    @Test func a_group_that_is_further_than_the_log_is_told_so() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            try await log.append([broker.event(1)])
            let outcome = Mutex<EventError.Code?>(nil)
            let delivery = broker.loop.start {
                do { try await log.deliver(to: Listener(start: 500)) } catch {
                    outcome.withLock { $0 = (error as? EventError)?.code }
                }
            }
            try await eventually(on: broker.loop, within: .seconds(30)) { outcome.withLock { $0 } == .logReplaced }
            delivery.cancel()
            await delivery.value
            await log.close()
        }
    }

    @Test func a_log_that_is_closed_says_so() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop, types: ["placed"])
            try await log.check()
            await log.close()
            await log.close()
            await #expect(throws: (any Error).self) { try await log.check() }
            await #expect(throws: (any Error).self) { try await log.append([broker.event(1)]) }
        }
    }
}
