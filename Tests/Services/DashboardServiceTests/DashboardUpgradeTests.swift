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

/// A read model that an earlier version of the program has built, or still builds on while this one does: the pods of a
/// rolling update share one database and one consumer group.
@Suite struct DashboardUpgradeTests {
    @Test func rows_of_an_earlier_version_are_shown_counted_and_completed_by_a_rebuild() async throws {
        try await withUpdated { board in
            let old = try await board.rows("/orderDashboards?sort=id")
            #expect(old.map(\.orderId) == ["ORD-1", "ORD-2", "ORD-3"])
            #expect(old.allSatisfy { $0.updatedAt == nil })
            #expect(try await board.story("ORD-1").history.isEmpty)
            try await eventually(on: board.loop) { try await board.counted().orders == 3 }
            #expect(try await board.rows("/orderDashboards/search/findByCustomerId?customerId=CUS-2").count == 1)
            let placed = "/orderDashboards/search/findByStatus?status=PLACED&sort=placedAt"
            #expect(try await board.rows(placed).count == 3)

            try await board.pay("ORD-1", amount: 1500)
            let figures = try await board.counted()
            #expect(figures.orders == 3 && figures.paid == 1 && figures.money == ["KRW 1500-0"])

            try await board.rebuild()
            let rebuilt = try await board.counted()
            #expect(rebuilt.orders == 3 && rebuilt.paid == 1 && rebuilt.money == ["KRW 1500-0"])
            let story = try await board.story("ORD-1")
            #expect(story.items.count == 1 && story.history.map(\.type) == [OrderPlaced.type, PaymentApproved.type])
        }
    }

    @Test func an_order_that_both_versions_change_is_counted_once() async throws {
        try await withUpdated { board in
            try await board.pay("ORD-1", amount: 1500)
            try await board.counted()
            // The earlier version drops what it does not know, and this one hears of the order again.
            for version in 1...3 {
                try await board.changeByEarlierVersion("ORD-1") { $0.messagesSent += 1 }
                try await board.hear(
                    NotificationSent(
                        messageId: "M-\(version)", orderId: "ORD-1", recipient: "seller", channel: "email",
                        sentAt: board.loop.now),
                    about: "ORD-1", version: Int64(version))
                let figures = try await board.counted()
                #expect(figures.paid == 1 && figures.money == ["KRW 1500-0"])
            }
            try await eventually(on: board.loop) { try await board.counted().orders == 3 }
            #expect(try await board.rows("/orderDashboards").first { $0.orderId == "ORD-1" }?.capturedAmount == nil)
            #expect(try await board.counted().money == ["KRW 1500-0"])
        }
    }

    @Test func what_only_the_earlier_version_has_heard_is_counted_within_an_hour() async throws {
        try await withUpdated { board in
            try await eventually(on: board.loop) { try await board.counted().orders == 3 }
            try await board.changeByEarlierVersion("ORD-2") {
                $0.isPaid = true
                $0.status = "PAID"
            }
            try await board.insertByEarlierVersion(EarlierRow(board.summary("ORD-4", customer: "CUS-4")))
            try await board.deleteByEarlierVersion("ORD-3")
            #expect(try await board.counted().orders == 3)
            try await board.loop.sleep(for: .seconds(3700))
            let figures = try await board.counted()
            #expect(figures.orders == 3 && figures.statuses == ["PAID": 1, "PLACED": 2])
            #expect(figures.paid == 1 && figures.money == ["KRW 2000-0"])
            // Its searches find them too.
            for (path, expected) in [
                ("findByStatus?status=PAID&sort=placedAt", "ORD-2"), ("findByCustomerId?customerId=CUS-4", "ORD-4"),
            ] {
                #expect(try await board.rows("/orderDashboards/search/" + path).map(\.orderId) == [expected])
            }
            // Nothing more changes in the hours that follow.
            let tag = try await board.send(.get, "/orderDashboards").headers["ETag"]
            try await board.loop.sleep(for: .seconds(7200))
            #expect(try await board.send(.get, "/orderDashboards").headers["ETag"] == tag)
        }
    }

    /// Runs `body` with a service whose first three orders an earlier version has stored.
    private func withUpdated(_ body: @escaping @Sendable (ServiceUnderTest) async throws -> Void) async throws {
        try await LoopKind.simulated.run(seed: 7) { loop in
            let earlier = try ServiceUnderTest(EarlierDashboard.self, on: loop)
            try await earlier.start()
            for number in 1...3 { try await earlier.place("ORD-\(number)", customer: "CUS-\(number)") }
            await earlier.stop()

            let board = try ServiceUnderTest(DashboardService.self, on: loop, after: earlier)
            try await board.start()
            let result: Result<Void, any Error>
            do { result = .success(try await body(board)) } catch { result = .failure(error) }
            await board.stop()
            try result.get()
        }
    }
}

/// What a pod of the earlier version does to the database that it shares.
extension ServiceUnderTest {
    fileprivate func changeByEarlierVersion(
        _ order: String, _ change: @escaping @Sendable (inout EarlierRow) -> Void
    ) async throws {
        let rows = Repository<EarlierRow>(try #require(database))
        try await rows.database.transaction { tx in
            guard var row = try await rows.find(order, in: tx) else { return }
            change(&row)
            try await rows.update(row, in: tx)
        }
    }

    fileprivate func insertByEarlierVersion(_ row: EarlierRow) async throws {
        try await Repository<EarlierRow>(try #require(database)).insert(row)
    }

    fileprivate func deleteByEarlierVersion(_ order: String) async throws {
        #expect(try await Repository<EarlierRow>(try #require(database)).delete(id: order))
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
    var status = "PLACED"
    let placedAt: Timestamp
    var isPaid = false
    var messagesSent = 0

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
}
