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

    func run() async throws {
        while !Task.isCancelled {
            try await context.loop.sleep(for: settings.settleInterval)
            do {
                try await settleDue()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                context.log.warning("orders could not be settled this time", ["error": .string("\(error)")])
            }
        }
    }

    func settleDue() async throws {
        // Younger ones are still in the hands of the request that placed them.
        let due = context.loop.now - settings.settleAfter
        let pending = try await orders.all(
            Query(
                where: [Condition("unsettledSince", .less, .integer(due.milliseconds))],
                sort: [Sort("unsettledSince")], limit: 100))
        for order in pending {
            let outcome = await payment.request(for: order)
            _ = try await context.transaction { tx in
                try await payment.record(outcome.afterEarlierTry, for: order, in: tx)
            }
        }
    }
}
