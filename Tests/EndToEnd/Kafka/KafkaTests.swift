import Foundation
import KafkaTestSupport
import MessagingKafka
import Testing

extension EndToEnd {
    /// The shop with its events on Kafka.
    @Suite struct KafkaTests {
        private static let services = ["psp", "email", "payment", "order", "delivery", "notification", "dashboard"]

        @Test func services_in_processes_of_their_own_bring_every_order_to_its_end_once() async throws {
            let kafka = KafkaUnderTest(topics: [
                "order", "payment", "delivery", "notification", "product", "customer", "cart",
            ])
            defer { kafka.mock?.end() }
            let shop = try ShopUnderTest(common: [
                "events: kafka://\(kafka.settings.brokers.joined(separator: ","))",
                "kafka: {prefix: \(kafka.settings.prefix), partitions: 4, sessionTimeout: 6s, deliveryTimeout: 5s}",
            ])
            var processes: [String: Process] = [:]
            for service in Self.services { processes[service] = try await shop.serve(service) }

            var ids = try await place(10, in: shop)
            // The brokers are away for a while: orders are taken and paid all the same.
            kafka.mock?.cut()
            ids += try await place(10, in: shop)
            kafka.mock?.mend()
            // A consumer dies in the middle and comes back.
            processes["delivery"]?.killNow()
            ids += try await place(10, in: shop)
            try await shop.serve("delivery")

            for id in ids {
                try await eventually("\(id) is at its end", within: .seconds(90)) { try await shop.isAtItsEnd(id) }
            }
            let deliveries = try await shop.all("delivery", "/deliveries", "deliveries")
            #expect(Set(deliveries.compactMap { $0["orderId"].string }) == Set(ids))
            #expect(deliveries.count == 30)
            let charged = Dictionary(grouping: try await shop.charges()) { $0["orderId"].string ?? "" }
            for id in ids { #expect(charged[id]?.count == 1, "charges of \(id)") }
            for id in ids { #expect(try shop.mails(about: id).count == 1) }
            try await eventually("every consumer has caught up", within: .seconds(30)) {
                let lag = try await shop.metric("dashboard", "sambal_consumer_lag_events")
                let waiting = try await shop.metric("order", "sambal_outbox_events")
                return lag == 0 && waiting == 0
            }
            #expect(try await shop.metric("dashboard", "sambal_dead_letters") == 0)
        }

        @Test(.timeLimit(.minutes(2)))
        func delivery_that_was_away_for_the_whole_run_catches_up_to_the_same_end() async throws {
            let log = LogUnderTest(.kafka)
            defer { log.end() }
            let shop = try ShopUnderTest(common: log.configuration)
            for service in Self.services where service != "delivery" { try await shop.serve(service) }
            let load = OrderLoad([shop.url("order", "/orders")])
            try await load.run(clients: 2) { try await load.more(100, "without delivery") }
            for id in load.ids {
                try await eventually("\(id) is paid") { try await shop.order(id)["status"].string == "PAID" }
                #expect(try await shop.dashboard(id)["deliveryId"].isPresent == false)
            }
            try await shop.serve("delivery")
            try await shop.allEndedOnce(load.ids)
            try await shop.logIsInOrder(try #require(log.kafka), orders: load.ids.count)
        }

        private func place(_ count: Int, in shop: ShopUnderTest) async throws -> [String] {
            var ids: [String] = []
            for _ in 0..<count {
                let answer = try await shop.place()
                #expect(answer.status == 201)
                ids.append(try #require(answer.json["id"].string))
            }
            return ids
        }
    }
}
