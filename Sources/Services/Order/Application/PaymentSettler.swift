import Kernel
import ServiceHost
import Storage
import Telemetry

/// Settles orders whose payment's outcome was not known (a time-out, a crash between accepting and asking): asks again
/// with the same key, until it is known.
struct PaymentSettler: Sendable {
    let context: ServiceContext
    let orders: Repository<Order>
    let payment: OrderPayment
    let settings: OrderSettings

    /// Orders that are asked about at the same time.
    private static let concurrency = 16

    func run() async throws {
        try await context.repeating(
            every: settings.settleInterval, failure: "orders could not be settled this time", settleDue)
    }

    func settleDue() async throws {
        // Younger ones are still in the hands of the request that placed them.
        let young = context.loop.now - settings.settleAfter
        let due = try await orders.all(
            Query(
                where: [.lessOrEqual("settleAt", FieldValue(context.loop.now))], sort: [Sort("settleAt")], limit: 100)
        ).filter { $0.placedAt < young }
        for batch in stride(from: 0, to: due.count, by: Self.concurrency) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for order in due[batch..<min(batch + Self.concurrency, due.count)] {
                    group.addTask { try await settle(order) }
                }
                try await group.waitForAll()
            }
        }
    }

    private func settle(_ order: Order) async throws {
        // Noted before it is asked: a first try that is still under way finds another version, and does not take back an
        // order whose payment this one may begin.
        let noted = try await context.transaction { tx -> Order? in
            guard var stored = try await orders.find(order.id, in: tx), stored.settlingFailed(at: context.loop.now)
            else { return nil }
            return try await orders.update(stored, in: tx)
        }
        guard let noted else { return }
        let outcome = await payment.request(for: noted).afterEarlierTry
        _ = try await context.transaction { tx in try await payment.record(outcome, for: noted, in: tx) }
    }
}
