import Contracts
import Kernel
import Messaging
import Saga
import ServiceHost
import Storage
import Telemetry

/// Handles the events of payment. The version of an event decides whether it is news.
struct PaymentEventHandlers: Sendable {
    let orders: Repository<Order>
    let payment: OrderPayment
    let cancelling: Cancelling
    let refunds: Sagas<RefundState>
    let receiving: PaymentReceiving

    func approved(_ approval: PaymentApproved, _ event: CloudEvent, in tx: any Transaction) async throws {
        try await receiving.receive(
            .init(
                paymentId: approval.paymentId, amount: approval.amount, currency: approval.currency,
                version: event.sequence, at: approval.approvedAt), for: approval.orderId, in: tx)
    }

    /// Records that a refund failed: its money is the shop's again, and can be refunded again. Payment itself repeats the
    /// refund of a cancelled order.
    func refundFailed(_ failure: PaymentRefundFailed, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(failure.orderId, in: tx),
            order.refundFailed(
                failure.amount, paymentVersion: event.sequence, refundedAmount: failure.refundedAmount,
                at: failure.failedAt)
        else { return }
        try await orders.update(order, in: tx)
    }

    func disputed(_ dispute: PaymentDisputed, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(dispute.orderId, in: tx),
            order.paymentDisputed(
                dispute.stage, amount: dispute.amount, paymentVersion: event.sequence, at: dispute.at)
        else { return }
        order = try await orders.update(order, in: tx)
        // The bank has given the buyer the money that the provider refused to give.
        guard dispute.stage == .fundsWithdrawn, let saga = order.cancellation?.sagaId else { return }
        try await cancelling.sagas.unpark(saga, in: tx)
    }

    func refunded(_ refund: PaymentRefunded, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(refund.orderId, in: tx) else {
            guard refund.isWhole else { return }
            return try await receiving.tasks.settle(
                .paidWithoutOrder, subject: refund.orderId, reason: "the money is back", in: tx)
        }
        guard
            order.paymentRefunded(
                paymentVersion: event.sequence, refundedAmount: refund.refundedAmount, isWhole: refund.isWhole,
                at: refund.refundedAt)
        else { return }
        let isTold = order.refundTold(of: refund.amount, isWhole: refund.isWhole)
        order = try await orders.update(order, in: tx)
        if refund.isWhole {
            try await receiving.tasks.settle(
                .paidAndStopped, subject: order.id, reason: "the money is back", in: tx)
        }
        // A cancellation that was parked because the provider refused goes on, since the money went back another way.
        if let saga = order.cancellation?.sagaId, refund.isWhole { try await cancelling.sagas.unpark(saga, in: tx) }
        guard isTold, refund.isWhole, !order.isGivenUp else { return }
        try await RefundSaga.follow(order, paymentVersion: event.sequence, with: refunds, in: tx)
    }

    func authorised(_ authorisation: PaymentAuthorised, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(authorisation.orderId, in: tx) else { return }
        let isTooLate = order.paymentStatus == .failed
        guard order.paymentAuthorised(paymentId: authorisation.paymentId, paymentVersion: event.sequence) else {
            return
        }
        order = try await orders.update(order, in: tx)
        if isTooLate, !order.isGivenUp { try await receiving.giveBackLate(order, in: tx) }
    }

    /// Cancels the order, because no money will be taken for it any more.
    func cancelled(_ cancellation: PaymentCancelled, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard let order = try await orders.find(cancellation.orderId, in: tx) else { return }
        let saga = try await cancelling.begin(
            order, reason: cancellation.isExpiry ? "nobody captured the payment in time" : "the payment was cancelled",
            in: tx)
        guard var order = try await orders.find(order.id, in: tx),
            order.paymentCancelled(paymentVersion: event.sequence)
        else { return }
        try await orders.update(order, in: tx)
        if let saga { cancelling.sagas.driveInBackground(saga, after: tx) }
    }

    func failed(_ failure: PaymentFailed, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(failure.orderId, in: tx) else { return }
        _ = try await payment.fail(
            &order, paymentId: failure.paymentId, version: event.sequence, reason: failure.reason, in: tx)
    }
}

/// Applies a capture to its order, whether an event or an answer of payment reports it.
struct PaymentReceiving: Sendable {
    let orders: Repository<Order>
    let cancelling: Cancelling
    let tasks: OperatorTasks

    /// A confirmed capture, in minor units of `currency`, if that is known.
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
            return try await giveBackUnknown(capture, orderId: orderId, in: tx)
        }
        guard capture.amount == order.amount, capture.currency ?? order.currency == order.currency else {
            return try await setAside(capture, of: order, in: tx)
        }
        let isTooLate = order.paymentStatus == .failed
        guard
            order.paymentApproved(paymentId: capture.paymentId, paymentVersion: capture.version, at: capture.at)
        else { return }
        order = try await orders.update(order, in: tx)
        if let cancellation = order.cancellation {
            if cancellation.sagaId == nil { try await giveBack(orderId: order.id, in: tx) }
            return
        }
        if isTooLate { try await giveBackLate(order, in: tx) }
    }

    /// Gives back money that came after the payment had been refused. The buyer was told that nothing was charged, and may
    /// have bought elsewhere; the stock of a checkout went back then.
    func giveBackLate(_ order: Order, in tx: any Transaction) async throws {
        let reason = "the payment came after it had been refused"
        guard let saga = try await cancelling.begin(order, reason: reason, in: tx) else { return }
        cancelling.sagas.driveInBackground(saga, after: tx)
    }

    /// Gives back money for an order that this service does not have, and opens a task that is settled once the money
    /// went back: many of them at once mean that orders were lost, for example by restoring an older database.
    private func giveBackUnknown(_ capture: Capture, orderId: String, in tx: any Transaction) async throws {
        guard try await giveBack(orderId: orderId, in: tx) else { return }
        let currency = capture.currency.map { " \($0.code)" } ?? ""
        try await tasks.open(
            .paidWithoutOrder, subject: orderId, orderId: orderId, paymentId: capture.paymentId,
            evidence: [.init("captured", "\(capture.amount)\(currency)"), .init("at", capture.at.description)], in: tx)
    }

    /// Has delivery and payment take back their parts of an order that does not stand. Returns whether this began now.
    @discardableResult
    func giveBack(orderId: String, in tx: any Transaction) async throws -> Bool {
        let id = orderId + "-0"
        guard try await cancelling.sagas.find(id, in: tx) == nil else { return false }
        let state = CancellationState(
            orderId: orderId, reason: "the order does not stand", hasReservation: false, statusBefore: .paymentPending,
            refundedBefore: nil)
        cancelling.sagas.driveInBackground(try await cancelling.sagas.start(id, state, in: tx), after: tx)
        return true
    }

    /// Opens a task about a capture of another amount than the order's. The order is not paid, and a person decides.
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
    static let order: [OperatorTaskKind] = [
        paymentMismatch, paidWithoutOrder, shippedWithoutOrder, paidAndStopped,
    ]

    static let giveBack = OperatorTask.Action("giveBack", "cancels the order and gives back what was captured")

    static let paymentMismatch = OperatorTaskKind(
        "PAYMENT_MISMATCH", "a payment of another amount or currency than its order's",
        actions: [giveBack, .init("dismiss", "closes the task; nothing else is done")])

    static let paidWithoutOrder = OperatorTaskKind(
        "PAID_WITHOUT_ORDER", "a payment of an unknown order was captured; its money is being given back",
        actions: [.init("dismiss", "closes the task; the money goes back all the same")])

    static let paidAndStopped = OperatorTaskKind(
        "PAID_AND_STOPPED", "the provider refused a whole refund after the delivery had been given up",
        actions: [giveBack, .init("dismiss", "closes the task; nothing else is done")])

    static let shippedWithoutOrder = OperatorTaskKind(
        "SHIPPED_WITHOUT_ORDER", "goods have left the shop for an order that does not stand",
        actions: [.init("dismiss", "closes the task; nothing else is done")])
}

/// Handles the events of delivery.
struct DeliveryEventHandlers: Sendable {
    let orders: Repository<Order>

    func started(_ delivery: DeliveryStarted, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(delivery.orderId, in: tx),
            order.deliveryStarted(deliveryVersion: event.sequence)
        else { return }
        try await orders.update(order, in: tx)
    }

    func cancelled(_ delivery: DeliveryCancelled, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(delivery.orderId, in: tx),
            order.deliveryCancelled(deliveryVersion: event.sequence)
        else { return }
        try await orders.update(order, in: tx)
    }

    func shipped(_ shipment: DeliveryShipped, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(shipment.orderId, in: tx),
            order.shipped(deliveryVersion: event.sequence, at: shipment.shippedAt)
        else { return }
        try await orders.update(order, in: tx)
    }

    func delivered(_ delivery: DeliveryDelivered, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(delivery.orderId, in: tx),
            order.delivered(deliveryVersion: event.sequence, at: delivery.deliveredAt)
        else { return }
        try await orders.update(order, in: tx)
    }
}
