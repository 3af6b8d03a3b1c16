import CRDKafka
import Foundation
import KafkaTestSupport
import Testing

extension EndToEnd {
    /// Brokers that are away or answer with errors, while orders come in.
    @Suite(.enabled(if: KafkaUnderTest.broker == nil, "brokers of the mock cluster only can be cut off"))
    struct KafkaOutageTests {
        @Test(.timeLimit(.minutes(2)))
        func brokers_that_go_one_by_one_and_all_at_once_lose_nothing() async throws {
            let log = LogUnderTest(.kafka)
            defer { log.end() }
            let mock = try #require(log.kafka?.mock)
            let shop = try ShopUnderTest(common: log.configuration)
            try await shop.up()
            let load = OrderLoad([shop.url("order", "/orders")])
            try await load.run(clients: 2) {
                for broker in MockCluster.brokers {
                    mock.cut(broker)
                    try await load.more(5, "without broker \(broker)")
                    mock.mend(broker)
                }
                mock.cut()
                try await load.more(20, "without any broker")
                #expect(try await shop.metric("order", "sambal_outbox_events") ?? 0 > 0)
                mock.mend()
                try await load.more(5, "with all brokers")
            }
            #expect(load.refused.isEmpty, "orders are accepted while the log is away: \(load.refused)")
            try await shop.allEndedOnce(load.ids)
            try await shop.logIsInOrder(try #require(log.kafka), orders: load.ids.count)
        }

        /// Each service is a member of a group that it leaves; the watch of the loop ends a stop that takes too long.
        @Test(.timeLimit(.minutes(2)))
        func a_stop_does_not_wait_for_silent_brokers_once_for_each_service() async throws {
            let log = LogUnderTest(.kafka)
            defer { log.end() }
            let mock = try #require(log.kafka?.mock)
            let shop = try ShopUnderTest(common: log.configuration)
            let running = try await shop.up()
            let load = OrderLoad([shop.url("order", "/orders")])
            try await load.run(clients: 2) { try await load.more(5, "with all brokers") }
            try await shop.allEndedOnce(load.ids)
            mock.delay(by: .seconds(120))
            #expect(try await shop.place().status == 201)
            let began = ContinuousClock.now
            #expect(running.end() == 0)
            let length = ContinuousClock.now - began
            #expect(length < .seconds(25), "\(length)")
        }

        @Test(.timeLimit(.minutes(2)))
        func answers_that_hide_what_was_appended_make_nothing_happen_twice() async throws {
            let log = LogUnderTest(.kafka)
            defer { log.end() }
            let mock = try #require(log.kafka?.mock)
            let shop = try ShopUnderTest(common: log.configuration)
            try await shop.up()
            let load = OrderLoad([shop.url("order", "/orders")])
            try await load.run(clients: 2) {
                for error in [
                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                ] {
                    mock.fail(0, with: [error, error])
                    mock.fail(1, with: [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION])
                    try await load.more(10, "with error \(error.rawValue)")
                }
            }
            try await shop.allEndedOnce(load.ids)
            try await shop.logIsInOrder(try #require(log.kafka), orders: load.ids.count)
        }
    }
}
