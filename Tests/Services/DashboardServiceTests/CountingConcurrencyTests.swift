import Contracts
import FoundationEssentials
import Kernel
import Messaging
import PlatformTestSupport
import ServiceHost
import Storage
import StorageMariaDB
import StoragePostgreSQL
import StorageSQLite
import Testing

@testable import DashboardService

/// Orders are counted while their events come, by several consumers and two counting jobs at a time, as the partitions
/// of a log and the processes of a service are. No order is counted twice or lost, whichever engine it is.
@Suite struct CountingConcurrencyTests {
    struct Engine: Sendable, CustomStringConvertible {
        let description: String
        let open: @Sendable (TemporaryDirectory, any Loop) throws -> any Database

        static let all: [Engine] =
            [
                Engine(description: "SQLite") { try SQLiteDatabase(path: $0.file("dashboard.db"), loop: $1) }
            ]
            + [
                CountingConcurrencyTests.server("TEST_POSTGRES_URL").map { url in
                    Engine(description: "PostgreSQL") { directory, loop in
                        try PostgreSQLDatabase(
                            PostgreSQLSettings(url: url, defaultSchema: CountingConcurrencyTests.schema(directory)),
                            loop: loop)
                    }
                },
                CountingConcurrencyTests.server("TEST_MARIADB_URL").map { url in
                    Engine(description: "MariaDB") { directory, loop in
                        try MariaDBDatabase(
                            MariaDBSettings(url: url, defaultSchema: CountingConcurrencyTests.schema(directory)),
                            loop: loop)
                    }
                },
            ].compactMap(\.self)
    }
    /// A schema, or the beginning of tables' names, of the test's own.
    fileprivate static func schema(_ directory: TemporaryDirectory) -> String { String(directory.path.suffix(20)) }

    /// The URL of a server that `scripts/servers` has started.
    fileprivate static func server(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static let consumers = 6
    private static let ordersEach = 20

    @Test(arguments: Engine.all) func no_order_is_counted_twice_or_lost(engine: Engine) async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            let database = try engine.open(directory, loop)
            try await database.migrate(DashboardService.migrations)
            let side = OrderDashboardProjection(
                rows: Repository(database), stories: Repository(database), counts: Repository(database),
                totals: Repository(database), now: { loop.now }, news: Signal())
            let events = EventFactory(source: "/elsewhere", identifiers: IdentifierGenerator(loop: loop), loop: loop)
            let hearing = Hearing(database: database, side: side, events: events)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for consumer in 0..<Self.consumers {
                    group.addTask { try await hearing.hear(orders: Self.ordersEach, of: consumer) }
                }
                for _ in 1...2 {
                    group.addTask {
                        for _ in 1...60 {
                            try await hearing.count()
                            try await loop.sleep(for: .milliseconds(5))
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await hearing.count()
            try await hearing.check(orders: Self.consumers * Self.ordersEach)
            await database.close()
        }
    }

    private struct Hearing: Sendable {
        let database: any Database
        let side: OrderDashboardProjection
        let events: EventFactory
        static let captured: Int64 = 1500

        func hear(orders: Int, of consumer: Int) async throws {
            for number in 0..<orders {
                let order = OrderSummary(
                    orderId: "ORD-\(consumer)-\(number)", branchId: 1,
                    items: [OrderItem(sauceId: 1, name: "Hot", qty: 2, price: 1000)], qty: 2, amount: 2000,
                    currency: .southKoreanWon, buyer: Buyer(), placedAt: Timestamp(milliseconds: 0))
                let payment = "PAY-\(order.orderId)"
                try await hear(OrderPlaced(order: order), about: order.orderId)
                try await hear(
                    PaymentApproved(
                        paymentId: payment, orderId: order.orderId, amount: Self.captured, currency: order.currency,
                        approvedAt: Timestamp(milliseconds: 1)), about: order.orderId)
                try await hear(
                    OrderPaid(order: order, paymentId: payment, paidAt: Timestamp(milliseconds: 2)),
                    about: order.orderId)
            }
        }

        private func hear<Payload: EventPayload>(_ payload: Payload, about order: String) async throws {
            let event = try events.make(payload, subject: order, sequence: 1)
            let policy = try #require(DashboardService.projection.first { $0.event == Payload.type })
            let handler = policy.bound(to: side).handler
            try await database.transaction(onConflict: .retry) { try await handler(event, $0) }
        }

        func count() async throws {
            let orders = try await database.read { tx in
                try await side.pending(since: side.now(), limit: 50, in: tx)
            }
            guard !orders.isEmpty else { return }
            try await database.transaction(onConflict: .retry) { try await side.count(orders, in: $0) }
            guard orders.count < 50 else { return try await count() }
        }

        func check(orders: Int) async throws {
            let totals = try await side.totals.all(Query(limit: 10))
            #expect(totals.count == 1)
            #expect(totals.first?.orders == Int64(orders) && totals.first?.paid == Int64(orders))
            #expect(totals.first?.captured == Int64(orders) * Self.captured)
            #expect(totals.first?.statuses == ["PAID": Int64(orders)])
            let counts = try await side.counts.all(Query(limit: orders * 2))
            #expect(counts.count == orders && counts.allSatisfy { $0.pendingSince == nil })
        }
    }
}
