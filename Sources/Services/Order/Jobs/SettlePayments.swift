import Kernel
import ServiceHost
import Storage

/// Settles orders whose payment's outcome was not known, because of a timeout or a crash: asks again with the same key,
/// until it is known.
struct SettlePayments: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let payment: OrderPayment
    let settings: OrderSettings

    /// The time beyond the timeout of a call, so that a call is not still on its way when it is repeated.
    private static let claimMargin = Duration.seconds(2)

    var job: Job<Order> {
        let callTime = settings.paymentTimeout + Self.claimMargin
        // A younger order is still worked on by the request that placed it.
        let settleAfter = settings.settleAfter
        return Job(
            "settle payments", in: orders, context,
            JobPlan(due: "settleAt", every: settings.settleInterval) {
                [.less("placedAt", FieldValue($0 - settleAfter))]
            },
            // The claim is stored before the call: a first try that is still under way finds another version, and does not
            // reject an order whose payment this call may begin.
            claim: { order, now in order.settlingBegan(at: now, lasting: callTime) }, work: settle)
    }

    private func settle(_ order: Order) async throws {
        context.countRetry(of: payment.payment.name)
        let outcome = await payment.request(for: order).afterEarlierTry
        try await context.transaction { tx in
            guard case .stands(var order) = try await payment.record(outcome, for: order, in: tx),
                order.settlingFailed(at: context.loop.now)
            else { return }
            try await orders.update(order, in: tx)
        }
    }
}
