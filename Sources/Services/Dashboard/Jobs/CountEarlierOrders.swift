import Kernel
import ServiceHost
import Storage
import Telemetry

/// Counts the orders that an earlier version of the program has stored, which knows no totals: those from before an
/// update, and those that it stores while it still runs beside this one. Reads all rows slowly, again every hour.
struct CountEarlierOrders: Sendable {
    private static let interval = Duration.seconds(3600)
    private static let pause = Duration.milliseconds(50)
    private static let batch = 200

    let context: ServiceEnvironment
    let readModel: ReadModel
    let sides: [OrderDashboardProjection]

    /// Runs until the task is cancelled.
    func run() async throws {
        while true {
            do {
                try await countAll()
            } catch {
                try Task.checkCancellation()
                context.log.warning(
                    "orders of an earlier version could not be counted into the dashboard's totals; they are in an hour",
                    metadata: [.error: .error(error)])
            }
            try await context.loop.sleep(for: Self.interval)
        }
    }

    private func countAll() async throws {
        let side = sides[readModel.side]
        var last: String? = ""
        while let after = last {
            try await context.loop.sleep(for: Self.pause)
            let found = try await context.database.read(.report) { tx in
                try await side.unmarked(after: after, limit: Self.batch, in: tx)
            }
            if !found.orders.isEmpty {
                try await context.transaction(onConflict: .retry) { tx in
                    try await side.count(found.orders, storing: true, in: tx)
                }
            }
            last = found.end
        }
    }
}
