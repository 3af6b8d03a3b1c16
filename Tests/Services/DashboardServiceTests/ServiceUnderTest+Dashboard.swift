import Contracts
import DashboardService
import HTTP
import Kernel
import Messaging
import PlatformTestSupport
import ServiceHost
import ServiceTestSupport
import Storage
import Testing

private struct Rebuild: Decodable, Sendable {
    let phase: String
}

struct DashboardRow: Decodable, Sendable, Equatable {
    let orderId: String
    let capturedAmount: Int64?
    let updatedAt: Timestamp?
}

struct Story: Decodable, Sendable, Equatable {
    struct Happening: Decodable, Sendable, Equatable {
        let type: String
        let at: Timestamp
    }
    let items: [OrderItem]
    let history: [Happening]
}

struct Figures: Decodable, Sendable, Equatable {
    struct Day: Decodable, Sendable, Equatable {
        let day: String
        let orders: Int64
    }
    struct Money: Decodable, Sendable, Equatable {
        let currency: Currency
        let captured: Int64
        let refunded: Int64
    }
    let from: String
    let to: String
    let orders: Int64
    let statuses: [String: Int64]
    let paid: Int64
    let delivered: Int64
    let days: [Day]
    let currencies: [Money]
    let lastEventAt: Timestamp?

    /// For example `KRW 2000-500`, by currency.
    var money: [String] { currencies.map { "\($0.currency.code) \($0.captured)-\($0.refunded)" } }
}

private struct Page<Item: Decodable & Sendable>: Decodable, Sendable {
    let _embedded: [String: [Item]]
}

/// The day on which a simulated loop begins.
private let firstDay = Timestamp(milliseconds: 1_767_225_600_000)

extension ServiceUnderTest {
    func summary(
        _ id: String, customer: String? = nil, day: Int64 = 0, currency: Currency = .southKoreanWon
    ) -> OrderSummary {
        OrderSummary(
            orderId: id, branchId: 1, items: [OrderItem(sauceId: 1, name: "<b>hot</b>", qty: 2, price: 1000)], qty: 2,
            amount: 2000, currency: currency, buyer: Buyer(customerId: customer),
            placedAt: firstDay + .seconds(day * 86_400))
    }

    func place(
        _ id: String, customer: String? = nil, day: Int64 = 0, currency: Currency = .southKoreanWon
    ) async throws {
        try await hear(
            OrderPlaced(order: summary(id, customer: customer, day: day, currency: currency)), about: id)
    }

    func pay(_ id: String, amount: Int64 = 2000) async throws {
        try await hear(
            PaymentApproved(
                paymentId: "PAY-1", orderId: id, amount: amount, currency: .southKoreanWon, approvedAt: loop.now),
            about: id, version: 2)
    }

    func rows(_ path: String) async throws -> [DashboardRow] {
        try await send(.get, path).json(Page<DashboardRow>.self)._embedded["orderDashboards"] ?? []
    }

    func story(_ order: String) async throws -> Story {
        try await send(.get, "/orderDashboards/\(order)/story").json(Story.self)
    }

    /// Waits until all that was heard is counted, and returns the figures.
    @discardableResult
    func counted(days: Int = 7) async throws -> Figures {
        try await settle()
        let database = try #require(database)
        for collection in [OrderCount.collection.schema, ReadModel.shadow(of: OrderCount.collection.schema)] {
            try await eventually(on: loop) {
                let waiting: [Condition] = [.notEqual("pendingSince", .null)]
                return try await database.read { try await $0.count(collection, where: waiting) } == 0
            }
        }
        return try await send(.get, "/orderDashboards/figures?days=\(days)").json(Figures.self)
    }

    /// Builds the read model anew and waits until the new rows are read.
    func rebuild() async throws {
        #expect(try await send(.post, "/rebuild").status == 202)
        try await eventually(on: loop) { try await send(.get, "/rebuild").json(Rebuild.self).phase == "idle" }
    }
}
