import Contracts
import HTTP
import Kernel
import Messaging
import PlatformTestSupport
import ServiceTestSupport
import Testing

private struct Rebuild: Decodable, Sendable {
    let phase: String
}

struct DashboardRow: Decodable, Sendable, Equatable {
    struct Happening: Decodable, Sendable, Equatable {
        let type: String
        let at: Timestamp
    }
    let orderId: String
    let items: [OrderItem]?
    let history: [Happening]?
    let updatedAt: Timestamp?
}

struct DayTotals: Decodable, Sendable, Equatable {
    let id: String
    let orders: Int64
    let statuses: [String: Int64]
    let paid: Int64
    let delivered: Int64
    let revenue: Int64
    let refunded: Int64
}

private struct Page<Item: Decodable & Sendable>: Decodable, Sendable {
    let _embedded: [String: [Item]]
}

extension ServiceUnderTest {
    func summary(_ id: String, customer: String? = nil, day: Int64 = 0) -> OrderSummary {
        OrderSummary(
            orderId: id, branchId: 1, items: [OrderItem(sauceId: 1, name: "<b>hot</b>", qty: 2, price: 1000)], qty: 2,
            amount: 2000, currency: .southKoreanWon, buyer: Buyer(customerId: customer),
            placedAt: Timestamp(milliseconds: day * 86_400_000))
    }

    func place(_ id: String, customer: String? = nil, day: Int64 = 0) async throws {
        try await hear(OrderPlaced(order: summary(id, customer: customer, day: day)), about: id)
    }

    func pay(_ id: String) async throws {
        try await hear(
            PaymentApproved(
                paymentId: "PAY-1", orderId: id, amount: 2000, currency: .southKoreanWon, approvedAt: loop.now),
            about: id, version: 2)
    }

    func rows(_ path: String) async throws -> [DashboardRow] {
        try await send(.get, path).json(Page<DashboardRow>.self)._embedded["orderDashboards"] ?? []
    }

    func totals() async throws -> [DayTotals] {
        try await send(.get, "/orderDashboards/totals?sort=day").json(Page<DayTotals>.self)._embedded["orderTotals"]
            ?? []
    }

    /// Builds the read model anew and waits until the new rows are read.
    func rebuild() async throws {
        #expect(try await send(.post, "/rebuild").status == 202)
        try await eventually(on: loop) { try await send(.get, "/rebuild").json(Rebuild.self).phase == "idle" }
    }
}
