import Foundation
import KafkaTestSupport
import Messaging
import Testing

extension ShopUnderTest {
    static let published: Set<String> = [
        "sambal.order.OrderPlaced.v1", "sambal.order.OrderPaid.v1", "sambal.payment.PaymentApproved.v1",
        "sambal.delivery.DeliveryStarted.v1",
    ]

    /// Every accepted order is paid, delivered and told of, once each; nothing waits anywhere.
    func allEndedOnce(_ ids: [String]) async throws {
        for id in ids {
            try await eventually("\(id) is at its end", within: .seconds(60)) { try await isAtItsEnd(id) }
        }
        #expect(Set(ids).count == ids.count, "an order was given to two keys")
        let orders = try await orders()
        let all = Set(orders.compactMap { $0["id"].string })
        #expect(all.isSuperset(of: ids))
        #expect(orders.allSatisfy { $0["status"].string == "PAID" })
        let charged = Dictionary(grouping: try await charges()) { $0["orderId"].string ?? "" }
        #expect(charged.values.allSatisfy { $0.count == 1 })
        #expect(Set(charged.keys) == all)
        let deliveries = try await self.all("delivery", "/deliveries", "deliveries").compactMap { $0["orderId"].string }
        #expect(Set(deliveries) == all)
        #expect(deliveries.count == all.count)
        for id in ids { #expect(try mails(about: id).count == 1, "mails about \(id)") }
        for service in ["order", "payment", "delivery", "notification"] {
            try await eventually("the outbox of \(service) is empty") {
                try await metric(service, "sambal_outbox_events") == 0
            }
            #expect(try await metric(service, "sambal_dead_letters") ?? 0 == 0)
        }
    }

    /// The log has each order's events in the order of their versions; one that was sent twice counts where it came first.
    func logIsInOrder(_ kafka: KafkaUnderTest, orders: Int) async throws {
        let events = try await LogReader.read(kafka, types: Self.published) { events in
            Self.published.allSatisfy { type in Set(events.lazy.filter { $0.type == type }.map(\.id)).count >= orders }
        }
        var seen: Set<String> = []
        let first = events.filter { seen.insert($0.source + $0.id).inserted }
        for type in Self.published {
            let subjects = first.filter { $0.type == type }.map(\.subject)
            #expect(Set(subjects).count == subjects.count, "\(type) was published twice for an order")
        }
        for (key, history) in Dictionary(grouping: first, by: { $0.source + " " + $0.subject }) {
            let versions = history.map(\.sequence)
            #expect(versions == versions.sorted(), "\(key): \(history.map { "\($0.sequence) \($0.type)" })")
        }
    }
}
