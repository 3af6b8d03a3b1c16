import Kernel
import ServiceHost
import Storage
import Telemetry

/// Counts changed orders into the totals, many at a time, shortly after they have changed. So the row of the present day
/// is written about once a second and not by every event, which on engines with many writers would refuse nearly all
/// of them.
struct CountOrders: Sendable {
    private static let delay = Duration.seconds(1)
    /// Between two looks when this process has heard nothing: another one may have stopped before it counted.
    private static let interval = Duration.seconds(10)
    private static let batch = 200
    /// After so long, a new side of the read model is not shown before the order is counted.
    private static let longestDelay = Duration.seconds(5)

    let context: ServiceEnvironment
    let sides: [OrderDashboardProjection]
    let news: Signal

    /// Runs until the task is cancelled.
    func run() async throws {
        while true {
            await news.wait(on: context.loop, atMost: Self.interval)
            // Most orders change several times within a second, and are counted once.
            try await context.loop.sleep(for: Self.delay)
            do {
                for side in sides { try await countPending(of: side) }
            } catch {
                try Task.checkCancellation()
                context.log.warning(
                    "orders could not be counted into the dashboard's totals; they are counted later",
                    metadata: [.error: .error(error)])
            }
        }
    }

    private func countPending(of side: OrderDashboardProjection) async throws {
        let time = context.loop.now - Self.delay
        while true {
            let orders = try await context.database.read(.lookup) { tx in
                try await side.pending(since: time, limit: Self.batch, in: tx)
            }
            guard !orders.isEmpty else { return }
            try await context.transaction(onConflict: .retry) { try await side.count(orders, in: $0) }
            guard orders.count == Self.batch else { return }
        }
    }

    /// Whether nothing has waited too long to be counted.
    func isSettled(_ side: Int, in tx: any ReadTransaction) async throws -> Bool {
        try await sides[side].pending(since: context.loop.now - Self.longestDelay, limit: 1, in: tx).isEmpty
    }
}
