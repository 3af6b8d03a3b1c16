import Kernel
import ServiceHost
import Storage

/// Settles orders whose payment's outcome was not known (a timeout, a crash between accepting and asking): asks again
/// with the same key, until it is known.
struct SettlePayments: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let payment: OrderPayment
    let settings: OrderSettings

    var job: Job<Order> {
        // Younger ones are still in the hands of the request that placed them.
        let settleAfter = settings.settleAfter
        return Job(
            "settle payments", in: orders, context,
            JobPlan(due: "settleAt", every: settings.settleInterval) {
                [.less("placedAt", FieldValue($0 - settleAfter))]
            },
            // Noted before it is asked: a first try that is still under way finds another version, and does not take back
            // an order whose payment this one may begin.
            claim: { order, now in order.settlingFailed(at: now) }, work: settle)
    }

    private func settle(_ order: Order) async throws {
        context.countRetry(of: payment.payment.name)
        let outcome = await payment.request(for: order).afterEarlierTry
        _ = try await context.transaction { tx in try await payment.record(outcome, for: order, in: tx) }
    }
}
