import Foundation
import KafkaTestSupport
import Testing

extension EndToEnd {
    /// Two instances each of order and delivery, on one database a service and in one consumer group.
    @Suite struct KafkaInstancesTests {
        private static let settings = [
            "order": ["settleAfter: 1s", "settleInterval: 200ms"],
            "payment": [
                "providerTimeout: 1s", "retryDelay: 500ms", "resolveInterval: 200ms", "confirmationTimeout: 2s",
            ],
        ]

        @Test(.timeLimit(.minutes(3)))
        func instances_that_are_killed_and_rolled_under_load_lose_nothing_and_do_nothing_twice() async throws {
            let log = LogUnderTest(.kafka)
            defer { log.end() }
            let shop = try ShopUnderTest(Self.settings, common: log.configuration)
            for service in ["psp", "email", "payment", "notification", "dashboard"] { try await shop.serve(service) }
            let second = Dictionary(uniqueKeysWithValues: zip(["order", "delivery"], try FreePorts.find(2)))
            var running: [String: [Process]] = [:]
            for (service, port) in second.sorted(by: { $0.key < $1.key }) {
                running[service] = [try await shop.serve(service), try await shop.serve(service, port: port)]
            }
            let load = OrderLoad([
                shop.url("order", "/orders"), URL(string: "http://127.0.0.1:\(second["order"]!)/orders")!,
            ])
            try await load.run(clients: 3) {
                try await load.more(10, "at two instances")
                for service in ["order", "delivery"] {
                    running[service]?[1].killNow()
                    try await load.more(5, "with one \(service) killed")
                    running[service]?[1] = try await shop.serve(service, port: second[service]!)
                }
                for service in ["order", "delivery"] {
                    for place in 0...1 {
                        let old = try #require(running[service]?[place])
                        old.terminate()
                        old.waitUntilExit()
                        #expect(old.terminationStatus == 0, "\(service) \(place): \(shop.lastWords)")
                        try await load.more(3, "while \(service) \(place) is away")
                        running[service]?[place] =
                            try await (place == 0 ? shop.serve(service) : shop.serve(service, port: second[service]!))
                    }
                }
            }
            try await shop.allEndedOnce(load.ids)
            try await shop.logIsInOrder(try #require(log.kafka), orders: load.ids.count)
        }
    }
}
