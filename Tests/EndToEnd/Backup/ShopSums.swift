import Foundation
import PlatformTestSupport
import Testing

/// A shop's own sums, taken when nothing is under way any more.
struct ShopSums: Sendable {
    /// The statuses of orders by id.
    var orders: [String: String] = [:]
    /// The number of mails about each order.
    var mails: [String: Int] = [:]
    /// The number of charges that the provider captured for each order, those that it gave back among them.
    var captures: [String: Int] = [:]
    var pieces: [Int] = []
    var completedCheckouts = 0
    var moneyKept = 0
    var priceOfPaid = 0

    static let stock = 10_000
    static let piecesPerCheckout = 2
}

extension ShopUnderTest {
    /// Waits until every order, checkout and message has come to its end.
    func becomeQuiet(within limit: Duration = .seconds(90)) async throws {
        let ends: Set = ["PAID", "CANCELLED", "PAYMENT_FAILED", "REFUNDED"]
        try await eventually("every order is at its end", within: limit) {
            try await orders().allSatisfy { ends.contains($0["status"].string ?? "") }
        }
        try await eventually("every checkout is at its end", within: limit) {
            try await all("cart", "/checkouts", "checkouts").allSatisfy { $0["status"].string != "RUNNING" }
        }
        try await eventually("every message has gone out", within: limit) {
            try await all("notification", "/messages", "messages").allSatisfy { $0["status"].string == "SENT" }
        }
        try await eventually("every event was handled", within: limit) {
            for service in ["order", "payment", "delivery", "dashboard", "notification", "cart"] {
                let lines = try await HTTP.get(url(service, "/metrics")).text.split(separator: "\n")
                let waiting = lines.filter {
                    $0.hasPrefix("sambal_outbox_events") || $0.hasPrefix("sambal_consumer_lag_events")
                }
                guard waiting.allSatisfy({ $0.hasSuffix(" 0") }) else { return false }
            }
            return true
        }
        try await eventually("every paid order is delivered", within: limit) {
            let deliveries = Set(
                try await all("delivery", "/deliveries", "deliveries").compactMap { $0["orderId"].string })
            return try await orders().allSatisfy {
                $0["status"].string != "PAID" || deliveries.contains($0["id"].string ?? "")
            }
        }
    }

    func sums() async throws -> ShopSums {
        var sums = ShopSums()
        for order in try await orders() {
            let id = order["id"].string ?? ""
            sums.orders[id] = order["status"].string
            sums.mails[id] = try mails(about: id).count
            if order["status"].string == "PAID" { sums.priceOfPaid += order["amount"].int ?? 0 }
        }
        for charge in try await charges() where charge["status"].string == "captured" {
            sums.captures[charge["orderId"].string ?? "", default: 0] += 1
        }
        sums.pieces = try await pieces()
        sums.completedCheckouts = try await all("cart", "/checkouts", "checkouts")
            .count { $0["status"].string == "COMPLETED" }
        sums.moneyKept = try await moneyKept()
        return sums
    }

    /// Every order is charged, delivered and told exactly once, and the books agree.
    func expectExactlyOnce(_ sums: ShopSums, _ what: String) async throws {
        for (id, status) in sums.orders where status == "PAID" {
            #expect(sums.captures[id] == 1, "\(what): \(id) has \(sums.captures[id] ?? 0) captures")
            #expect((sums.mails[id] ?? 0) > 0, "\(what): nobody was told of \(id)")
        }
        #expect(sums.captures.values.allSatisfy { $0 == 1 }, "\(what): an order was charged more than once")
        #expect(Set(sums.captures.keys).isSubset(of: sums.orders.keys), "\(what): charges without an order")
        let deliveries = try await all("delivery", "/deliveries", "deliveries").compactMap { $0["orderId"].string }
        #expect(Set(deliveries).count == deliveries.count, "\(what): an order has two deliveries")
        #expect(
            sums.pieces == [ShopSums.stock - ShopSums.piecesPerCheckout * sums.completedCheckouts, 0],
            "\(what): \(sums.pieces), \(sums.completedCheckouts) checkouts")
        #expect(sums.moneyKept == sums.priceOfPaid, "\(what)")
        #expect(try await booksAgree(what))
        let doctor = try await run(["doctor"] + here)
        #expect(doctor.status == 0, "\(what): \(doctor.output)")
    }
}
