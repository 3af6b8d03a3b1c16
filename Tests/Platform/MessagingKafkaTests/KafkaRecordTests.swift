import FoundationEssentials
import KafkaTestSupport
import Kernel
import Messaging
import MessagingKafka
import PlatformTestSupport
import Runtime
import Testing

/// What is in the topics, as others see it.
@Suite struct KafkaRecordTests {
    @Test func kcat_reads_every_event_as_it_is() async throws {
        try await Broker.with(topics: ["order", "payment"]) { broker in
            let log = try broker.kafka.open(broker.loop)
            let event = CloudEvent(
                id: "e1", source: "/order", type: "sambal.order.OrderPlaced.v1", subject: "ord-7",
                time: Timestamp(milliseconds: 1_767_225_600_123), sequence: 12,
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                data: Data(#"{"quantity":3,"name":"sambal õ"}"#.utf8))
            var other = event
            other.type = "sambal.payment.PaymentApproved.v1"
            other.traceparent = nil
            try await log.append([event, other])
            let records = try await Kcat.read(broker.kafka, topic: "order")
            #expect(records.count == 1)
            let record = try #require(records.first)
            #expect(record.payload == #"{"quantity":3,"name":"sambal õ"}"#)
            #expect(record.key == "ord-7")
            #expect(record.ts == 1_767_225_600_123)
            let headers = [
                "ce_specversion": "1.0", "ce_id": "e1", "ce_source": "/order", "ce_type": "sambal.order.OrderPlaced.v1",
                "ce_subject": "ord-7", "ce_time": "2026-01-01T00:00:00.123Z", "ce_sequence": "0000000000000000012",
                "ce_partitionkey": "ord-7", "ce_traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "content-type": "application/json",
            ]
            for (name, value) in headers { #expect(record.header(name) == value) }
            #expect(record.headers.count == 2 * headers.count)
            let approved = try await Kcat.read(broker.kafka, topic: "payment")
            #expect(approved.map { $0.header("ce_type") } == ["sambal.payment.PaymentApproved.v1"])
            #expect(approved.first?.header("traceparent") == nil)
            await log.close()
        }
    }

    @Test func events_of_a_subject_are_in_one_partition() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            try await log.append((0..<60).map { broker.event($0, subject: "s\($0 % 20)") })
            let records = try await Kcat.read(broker.kafka, topic: "events")
            #expect(records.count == 60)
            let places = Dictionary(grouping: records, by: \.key).mapValues { Set($0.map(\.partition)) }
            #expect(places.count == 20)
            #expect(places.values.allSatisfy { $0.count == 1 })
            #expect(Set(records.map(\.partition)).count > 1)
            await log.close()
        }
    }

    @Test func a_record_that_is_no_event_is_passed_over() async throws {
        try await Broker.with { broker in
            let log = try broker.kafka.open(broker.loop)
            try await log.append([broker.event(1)])
            broker.kafka.putForeignRecord(topic: "events", key: "s", value: "not an event")
            try await log.append([broker.event(2)])
            let subscriber = Listener()
            try await broker.deliver(log, to: subscriber) { subscriber.ids.count >= 2 }
            #expect(subscriber.ids == ["1", "2"])
            await log.close()
        }
    }
}
