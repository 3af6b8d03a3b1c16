import Contracts
import Kernel
import Messaging
import Saga
import ServiceHost
import Storage

/// Applies a capture to its order, whether an event or a look at payment brings the news.
struct PaymentReceiving: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let cancelling: Cancelling
    let tasks: OperatorTasks

    /// A confirmed capture, in minor units of `currency`, where that is known.
    struct Capture: Sendable {
        let paymentId: String
        let amount: Int64
        let currency: Currency?
        /// The version of the payment after it.
        let version: Int64
        let at: Timestamp
    }

    func receive(_ capture: Capture, for orderId: String, in tx: any Transaction) async throws {
        guard var order = try await orders.find(orderId, in: tx) else {
            return try await giveBack(orderId: orderId, in: tx)
        }
        guard capture.amount == order.amount, capture.currency ?? order.currency == order.currency else {
            return try await setAside(capture, of: order, in: tx)
        }
        let isTooLate = order.paymentStatus == .failed
        guard
            order.paymentApproved(paymentId: capture.paymentId, paymentVersion: capture.version, at: capture.at)
        else { return }
        order = try await orders.update(order, in: tx)
        // The money of one that is given up goes back: nobody is to act on it.
        if let cancellation = order.cancellation {
            if cancellation.sagaId == nil { try await giveBack(orderId: order.id, in: tx) }
            return
        }
        guard !isTooLate else { return try await giveBackLate(order, in: tx) }
        try await context.publish(
            OrderPaid(order: order.summary, paymentId: capture.paymentId, paidAt: capture.at), of: order, in: tx)
    }

    /// Gives back what came after the payment had been refused. The buyer was told that nothing was charged, and may have
    /// bought elsewhere; the stock of a checkout went back then.
    func giveBackLate(_ order: Order, in tx: any Transaction) async throws {
        let reason = "the payment came after it had been refused"
        guard let saga = try await cancelling.begin(order, reason: reason, in: tx) else { return }
        cancelling.sagas.driveInBackground(saga, after: tx)
    }

    /// Has delivery and payment take back their parts of an order that does not stand.
    func giveBack(orderId: String, in tx: any Transaction) async throws {
        let id = orderId + "-0"
        guard try await cancelling.sagas.find(id, in: tx) == nil else { return }
        let state = CancellationState(
            orderId: orderId, reason: "the order does not stand", hasReservation: false, statusBefore: .paymentPending,
            refundedBefore: nil)
        cancelling.sagas.driveInBackground(try await cancelling.sagas.start(id, state, in: tx), after: tx)
    }

    /// Another amount than the order's: it is not paid, and a person decides.
    private func setAside(_ capture: Capture, of order: Order, in tx: any Transaction) async throws {
        try await tasks.open(
            .paymentMismatch, subject: capture.paymentId, orderId: order.id, paymentId: capture.paymentId,
            evidence: [
                .init("captured", "\(capture.amount) \((capture.currency ?? order.currency).code)"),
                .init("order", "\(order.amount) \(order.currency.code)"),
            ], in: tx)
        guard order.paymentDueAt != nil else { return }
        var order = order
        order.paymentDueAt = nil
        try await orders.update(order, in: tx)
    }

    /// Carries out an operator's decision.
    func perform(_ task: OperatorTask, _ decision: OperatorDecision, in tx: any Transaction) async throws {
        guard decision.action == OperatorTaskKind.giveBack.name, let orderId = task.orderId else { return }
        if let order = try await orders.find(orderId, in: tx) {
            guard let saga = try await cancelling.begin(order, reason: decision.reason, in: tx) else { return }
            cancelling.sagas.driveInBackground(saga, after: tx)
        } else {
            try await giveBack(orderId: orderId, in: tx)
        }
    }
}

extension OperatorTaskKind {
    static let order: [OperatorTaskKind] = [paymentMismatch, shippedWithoutOrder, paidAndStopped]

    static let giveBack = OperatorTask.Action("giveBack", "cancels the order and gives back what was captured")

    static let paymentMismatch = OperatorTaskKind(
        "PAYMENT_MISMATCH", "a payment of another amount or currency than its order's",
        actions: [giveBack, .init("dismiss", "closes the task; nothing else is done")])

    static let paidAndStopped = OperatorTaskKind(
        "PAID_AND_STOPPED", "the provider refused a whole refund after the delivery had been given up",
        actions: [giveBack, .init("dismiss", "closes the task; nothing else is done")])

    static let shippedWithoutOrder = OperatorTaskKind(
        "SHIPPED_WITHOUT_ORDER", "goods have left the shop for an order that does not stand",
        actions: [.init("dismiss", "closes the task; nothing else is done")])
}
