import Contracts
import FoundationEssentials
import Glibc
import HTTP
import Kernel
import OrderService
import PaymentService
import PlatformTestSupport
import ProviderSimulator
import ServiceTestSupport
import StorageMongoDB
import Synchronization
import Testing

/// Order and payment on a replica set of three, whose primary is killed while clients place orders.
@Suite(.serialized) struct FailoverOrderTests {
    private static let sets = ServerUnderTest.kinds.contains("mongodb") ? ["mongodb3"] : []
    private static let clients = 8
    private static let duration = Duration.seconds(20)

    @Test(arguments: sets) func every_order_that_was_answered_is_there_with_its_events_and_one_capture(
        set: String
    ) async throws {
        let server = ServerUnderTest(set)
        try await server.run { url in
            let databases: ServicesUnderTest.Opening = { service, path, loop in
                // The provider does not fail with the shop's database.
                if service == "psp" { return try ServicesUnderTest.sqlite(service, path, loop) }
                return try MongoDBDatabase(
                    MongoDBSettings(
                        url: url + "&serverSelectionTimeoutMS=2000&connectTimeoutMS=2000&socketTimeoutMS=4000",
                        defaultSchema: service), loop: loop)
            }
            try await withServices(
                [ProviderSimulatorService.self, PaymentService.self, OrderService.self],
                """
                order:
                  settleAfter: 2s
                payment:
                  confirmationTimeout: 5s
                  retryDelay: 500ms
                """, on: .threads, databases: databases
            ) { shop in
                let log = OrderLog()
                try await load(shop, log) { kill(try await server.primary(), SIGKILL) }
                try await check(shop, log)
            }
        }
    }

    /// Each client sends an order, with its key, until it is answered, and then the next one.
    private func load(
        _ shop: ServicesUnderTest, _ log: OrderLog, kill: @escaping @Sendable () async throws -> Void
    ) async throws {
        let end = shop.loop.uptime + Self.duration
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<Self.clients {
                group.addTask {
                    var number = 0
                    while shop.loop.uptime < end {
                        number += 1
                        try await place(shop, "c\(client)-\(number)", log)
                    }
                }
            }
            group.addTask {
                try await eventually(on: shop.loop) { log.answers.count > 40 }
                try await kill()
            }
            try await group.waitForAll()
        }
    }

    private func place(_ shop: ServicesUnderTest, _ key: String, _ log: OrderLog) async throws {
        let began = shop.loop.uptime
        try await eventually(on: shop.loop, within: .seconds(60)) {
            let answer = try await shop.send(
                .post, "order", "/orders", #"{"branchId":1,"sauceId":1,"qty":1,"price":1000}"#, key: key)
            log.note(answer.status)
            guard answer.isSuccess else { return false }
            log.answered(key, try answer.json(PreparedShop.Made.self).id, after: shop.loop.uptime - began)
            return true
        }
    }

    private struct Page: Decodable {
        struct Item: Decodable {
            let id: String
            let status: String
            let orderId: String?
            let amount: Int64
            let capturedAmount: Int64?
        }
        struct Numbers: Decodable { let totalPages: Int }
        let _embedded: [String: [Item]]?
        let page: Numbers
        var items: [Item] { _embedded?.values.first ?? [] }
    }

    private func all(_ shop: ServicesUnderTest, _ service: String, _ path: String) async throws -> [Page.Item] {
        var (items, number, count) = ([Page.Item](), 0, 1)
        while number < count, number < 1000 {
            let page = try await shop.send(.get, service, "\(path)?size=500&page=\(number)&sort=id").json(Page.self)
            items += page.items
            (number, count) = (number + 1, page.page.totalPages)
        }
        return items
    }

    private func check(_ shop: ServicesUnderTest, _ log: OrderLog) async throws {
        try await shop.until {
            let orders = try await all(shop, "order", "/orders")
            guard orders.allSatisfy({ $0.status == "PAID" }) else { return false }
            let told = Set(try shop.published(OrderPaid.self).map(\.order.orderId))
            return told.isSuperset(of: orders.map(\.id))
        }
        let orders = try await all(shop, "order", "/orders")
        let payments = try await all(shop, "payment", "/payments")
        let (stored, answers) = (Set(orders.map(\.id)), log.answers)
        #expect(Set(answers.values).subtracting(stored).isEmpty, "orders that were answered and are lost")
        #expect(Set(answers.values).count == answers.count, "two keys have one order")

        // States and events.
        let placed = Set(try shop.published(OrderPlaced.self).map(\.order.orderId))
        let rejected = Set(try shop.published(OrderRejected.self).map(\.orderId))
        #expect(stored.subtracting(placed).isEmpty, "orders without their event")
        #expect(placed.subtracting(stored).subtracting(rejected).isEmpty, "events without their order")
        #expect(rejected.isDisjoint(with: stored), "rejected orders that stand")
        #expect(Set(try shop.published(OrderPaid.self).map(\.order.orderId)) == stored)
        let captured = Set(payments.filter { $0.status == "CAPTURED" }.compactMap(\.orderId))
        #expect(Set(try shop.published(PaymentApproved.self).map(\.orderId)) == captured)

        // One effect of each key: no order that no key has, one payment and one charge of each.
        #expect(stored == Set(answers.values), "orders that nobody was answered")
        #expect(payments.count == Set(payments.compactMap(\.orderId)).count, "two payments of an order")
        #expect(captured == stored)
        let charges = try await all(shop, "psp", "/statement").compactMap(\.orderId)
        #expect(charges.count == stored.count && Set(charges) == stored, "\(charges.count) charges")
        #expect(answers.count > 60)
        print(
            "Failover: \(answers.count) orders with \(answers.count) keys by \(Self.clients) clients in "
                + "\(Self.duration); \(log.statuses); longest wait for an answer \(log.longest); "
                + "\(placed.count) placed, \(rejected.count) rejected, \(captured.count) captured, "
                + "\(charges.count) charges, 0 lost")
    }
}

/// What clients were answered.
private final class OrderLog: Sendable {
    private struct State {
        var answers: [String: String] = [:]
        var statuses: [Int: Int] = [:]
        var longest = Duration.zero
    }
    private let state = Mutex(State())

    /// Orders by their keys.
    var answers: [String: String] { state.withLock { $0.answers } }
    var statuses: String {
        state.withLock {
            $0.statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        }
    }
    var longest: Duration { state.withLock { $0.longest } }

    func note(_ status: Int) { state.withLock { $0.statuses[status, default: 0] += 1 } }
    func answered(_ key: String, _ order: String, after wait: Duration) {
        state.withLock {
            $0.answers[key] = order
            $0.longest = max($0.longest, wait)
        }
    }
}
