import Configuration
import Contracts
import DashboardService
import HTTP
import Kernel
import PlatformTestSupport
import ServiceHost
import ServiceTestSupport
import Storage
import Testing

/// A read model that an earlier version of the program has built.
@Suite struct DashboardUpgradeTests {
    @Test func rows_of_an_earlier_version_are_shown_and_completed_by_a_rebuild() async throws {
        try await LoopKind.simulated.run(seed: 7) { loop in
            let earlier = try ServiceUnderTest(EarlierDashboard.self, on: loop)
            try await earlier.start()
            for number in 1...3 { try await earlier.place("ORD-\(number)") }
            await earlier.stop()

            let board = try ServiceUnderTest(DashboardService.self, on: loop, after: earlier)
            try await board.start()
            let result: Result<Void, any Error>
            do { result = .success(try await check(board)) } catch { result = .failure(error) }
            await board.stop()
            try result.get()
        }
    }

    private func check(_ board: ServiceUnderTest) async throws {
        let old = try await board.rows("/orderDashboards")
        #expect(Set(old.map(\.orderId)) == ["ORD-1", "ORD-2", "ORD-3"])
        #expect(old.allSatisfy { $0.items == nil && $0.history == nil && $0.updatedAt == nil })
        #expect(try await board.totals().isEmpty)

        // An order of before is counted, whole, as soon as something more is told of it.
        try await board.pay("ORD-1")
        #expect(try await board.totals().map(\.orders) == [1])
        #expect(try await board.totals().map(\.revenue) == [2000])

        try await board.rebuild()
        let new = try await board.rows("/orderDashboards")
        #expect(Set(new.map(\.orderId)) == ["ORD-1", "ORD-2", "ORD-3"])
        #expect(new.allSatisfy { $0.items?.count == 1 && $0.history?.first?.type == OrderPlaced.type })
        #expect(new.first { $0.orderId == "ORD-1" }?.history?.count == 2)
        #expect(try await board.totals().map(\.orders) == [3])
        #expect(try await board.totals().map(\.revenue) == [2000])
    }
}

/// The dashboard as it was before its third migration, as far as it hears of new orders.
private struct EarlierDashboard: ServiceDefinition {
    static let name = DashboardService.name
    static let kind = DashboardService.kind
    static let port = DashboardService.port
    static let summary = DashboardService.summary
    static let migrations = Array(DashboardService.migrations.prefix(2))
    static let policies: [Policy<Repository<EarlierRow>>] = [
        .on(OrderPlaced.self, "update the dashboard") { rows, event, _, tx in
            try await rows.insert(EarlierRow(event.order), in: tx)
        }
    ]

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> Repository<EarlierRow> { Repository(try context.database) }
}

private struct EarlierRow: Entity {
    let id: String
    var version: Int64 = 0
    let orderId: String
    let customerId: String?
    let branchId: Int64?
    let amount: Int64
    let currency: Currency
    let status = "PLACED"
    let placedAt: Timestamp
    let isPaid = false
    let messagesSent = 0

    static let collection = Collection<EarlierRow>(
        "orderDashboards",
        fields: [
            .text("status", indexed: true) { $0.status },
            .text("customerId") { $0.customerId },
            .integer("branchId") { $0.branchId },
            .integer("amount") { $0.amount },
            .time("placedAt", indexed: true) { $0.placedAt },
            .time("paidAt") { _ in nil },
            .text("deliveryStatus") { _ in nil },
        ])

    init(_ order: OrderSummary) {
        id = order.orderId
        orderId = order.orderId
        customerId = order.buyer.customerId
        branchId = order.branchId
        amount = order.amount
        currency = order.currency
        placedAt = order.placedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, version, orderId, customerId, branchId, amount, currency, status, placedAt, isPaid, messagesSent
    }
}
