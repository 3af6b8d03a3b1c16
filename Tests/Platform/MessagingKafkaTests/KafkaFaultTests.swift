import CRDKafka
import KafkaTestSupport
import Kernel
import Messaging
import MessagingKafka
import PlatformTestSupport
import Runtime
import Synchronization
import Telemetry
import Testing

private let produce: Int16 = 0
private let fetch: Int16 = 1
private let listOffsets: Int16 = 2

/// What the brokers do wrong, on the mock cluster: a real one does not do it on request.
@Suite(.enabled(if: KafkaUnderTest.broker == nil, "errors are injected into the mock cluster only"))
struct KafkaFaultTests {
    @Test(arguments: [
        [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION], [RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT],
        [RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND],
    ]) func errors_that_pass_neither_lose_nor_reorder_events(errors: [rd_kafka_resp_err_t]) async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop) { $0.deliveryTimeout = .seconds(30) }
            try await log.append([broker.event(0)])
            broker.kafka.mock?.fail(produce, with: errors)
            try await log.append((1...9).map { broker.event($0) })
            let records = try await Kcat.read(broker.kafka, topic: "events")
            #expect(records.compactMap { $0.header("ce_id") } == (0...9).map { "\($0)" })
            await log.close()
        }
    }

    @Test func an_event_that_is_refused_holds_back_its_own_subject_only() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            let events = [
                broker.event(1, subject: "a"), broker.event(2, subject: "b", size: 9 << 20),
                broker.event(3, subject: "a"), broker.event(4, subject: "b"), broker.event(5, subject: "c"),
            ]
            let error = await #expect(throws: PartlyAppended.self) { try await log.append(events) }
            #expect(error?.taken == [0, 2, 4])
            let records = try await Kcat.read(broker.kafka, topic: "events")
            #expect(Set(records.compactMap { $0.header("ce_id") }) == ["1", "3", "5"])
            await log.close()
        }
    }

    @Test func a_cancelled_append_does_not_wait_for_brokers_that_are_away() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop) { $0.deliveryTimeout = .seconds(300) }
            try await log.append([broker.event(1)])
            broker.kafka.mock?.cut()
            let appending = broker.loop.start {
                await #expect(throws: CancellationError.self) { try await log.append([broker.event(2)]) }
            }
            let began = broker.loop.uptime
            appending.cancel()
            await appending.value
            #expect(broker.loop.uptime - began < .seconds(5))
            broker.kafka.mock?.mend()
            await log.close()
        }
    }

    @Test func a_cancelled_append_does_not_wait_for_brokers_that_are_silent() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            broker.kafka.mock?.delay(by: .seconds(60))
            let appending = broker.loop.start {
                await #expect(throws: CancellationError.self) { try await log.append([broker.event(1)]) }
            }
            // Its question is at the brokers.
            try await broker.loop.sleep(for: .milliseconds(200))
            let began = broker.loop.uptime
            appending.cancel()
            await appending.value
            #expect(broker.loop.uptime - began < .seconds(1))
            broker.kafka.mock?.delay(by: .zero)
            await log.close()
        }
    }

    /// Constant messages, of which repetitions can be folded: addresses and times are in the field of the error.
    @Test func brokers_that_are_away_are_told_of_by_messages_without_addresses() async throws {
        try await Broker.with { broker in
            let sink = RecordingSink()
            let loop = broker.loop
            let log = try KafkaEventLog(
                broker.kafka.settings, types: [], loop: loop,
                log: Logger(label: "test", logLevel: .warning, sink: sink, now: { loop.now }))
            try await log.append([broker.event(1)])
            let port = try #require(broker.kafka.mock?.addresses.first?.split(separator: ":").last)
            broker.kafka.mock?.cut()
            try await eventually(on: loop, within: .seconds(30)) {
                sink.records.contains {
                    guard case .string(let text) = $0.metadata[.error] else { return false }
                    return text.contains(port)
                }
            }
            #expect(sink.records.allSatisfy { !$0.message.contains(port) && !$0.message.contains("127.0.0.1") })
            await log.close()
        }
    }

    @Test func a_producer_that_librdkafka_gives_up_is_replaced() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            try await log.append([broker.event(1)])
            log.breakProducer()
            try await eventually(on: broker.loop, within: .seconds(30)) {
                (try? await log.append([broker.event(2)])) != nil
            }
            let records = try await Kcat.read(broker.kafka, topic: "events")
            #expect(records.compactMap { $0.header("ce_id") } == ["1", "2"])
            await log.close()
        }
    }

    @Test(arguments: [
        (fetch, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE), (listOffsets, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
    ]) func brokers_that_deny_what_they_have_are_asked_again(request: Int16, error: rd_kafka_resp_err_t) async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            try await log.append((1...3).map { broker.event($0) })
            let (first, second) = (Listener(), Listener(group: "second"))
            try await broker.deliver(log, to: first) { first.ids.count >= 3 }
            broker.kafka.mock?.fail(request, with: Array(repeating: error, count: 4))
            let positions = request == fetch ? first.positions.mapValues { _ in Int64(0) } : [:]
            let listener = positions.isEmpty ? second : Listener(group: "third", positions: positions)
            let outcome = Mutex<(any Error)?>(nil)
            let delivery = broker.loop.start {
                do { try await log.deliver(to: listener) } catch { outcome.withLock { $0 = error } }
            }
            try await eventually(on: broker.loop, within: .seconds(60)) { listener.ids.last == "3" }
            #expect(listener.ids == (positions.isEmpty ? ["1", "2", "3"] : ["2", "3"]))
            delivery.cancel()
            await delivery.value
            #expect(outcome.withLock { $0 } == nil)
            await log.close()
        }
    }

    @Test func a_leader_that_moves_is_followed() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop) { $0.deliveryTimeout = .seconds(30) }
            let listener = Listener()
            let delivery = broker.loop.start { try? await log.deliver(to: listener) }
            for id in 0..<30 {
                if id % 10 == 5 {
                    for partition in Int32(0)..<4 {
                        broker.kafka.mock?.lead("sambal.events", partition: partition, by: Int32(id / 10 + 1))
                    }
                }
                try await log.append([broker.event(id)])
            }
            broker.kafka.mock?.fail(fetch, with: [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION])
            try await log.append([broker.event(30)])
            try await eventually(on: broker.loop, within: .seconds(60)) { listener.ids.count >= 31 }
            #expect(listener.ids == (0...30).map { "\($0)" })
            delivery.cancel()
            await delivery.value
            await log.close()
        }
    }
}
