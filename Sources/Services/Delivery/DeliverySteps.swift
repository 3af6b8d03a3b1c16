import Contracts
import HTTP
import Kernel
import ServiceHost
import Storage

/// Starts deliveries and takes their steps, in the caller's transaction.
struct DeliverySteps: Sendable {
    let context: ServiceEnvironment
    let deliveries: Repository<Delivery>

    func find(orderId: String, in tx: any Transaction) async throws -> Delivery? {
        try await deliveries.first(where: [.equal("orderId", .text(orderId))], in: tx)
    }

    /// Unless there is one, or the order was cancelled.
    func start(_ approval: PaymentApproved, in tx: any Transaction) async throws {
        guard try await find(orderId: approval.orderId, in: tx) == nil else { return }
        try await deliveries.insert(
            .start(
                id: context.identifiers.next("DEL-"), orderId: approval.orderId, paymentId: approval.paymentId,
                at: context.loop.now), in: tx)
    }

    func take(_ step: DeliveryStep, _ delivery: Delivery, in tx: any Transaction) async throws -> Delivery {
        var delivery = delivery
        do throws(IllegalDeliveryStep) {
            guard try delivery.take(step, at: context.loop.now) else { return delivery }
        } catch {
            throw error.problem
        }
        return try await deliveries.update(delivery, in: tx)
    }

    /// Gives up the order's delivery, or leaves one that none follows.
    func cancel(orderId: String, reason: String, in tx: any Transaction) async throws -> Delivery {
        if let delivery = try await find(orderId: orderId, in: tx) {
            return try await take(.cancel(reason: reason), delivery, in: tx)
        }
        return try await deliveries.insert(
            .tombstone(
                id: context.identifiers.next("DEL-"), orderId: orderId, reason: reason, at: context.loop.now), in: tx)
    }

    /// Most were given up on order's request before; what has left the shop meanwhile stays as it is.
    func stop(orderId: String, reason: String, in tx: any Transaction) async throws {
        let delivery = try await find(orderId: orderId, in: tx)
        guard delivery == nil || delivery?.status == .started else { return }
        _ = try await cancel(orderId: orderId, reason: reason, in: tx)
    }

    /// Keeps a delivery that has not left in the shop while the payment is disputed; for good once the dispute is lost.
    func disputed(_ dispute: PaymentDisputed, in tx: any Transaction) async throws {
        guard dispute.stage != .lost else {
            return try await stop(orderId: dispute.orderId, reason: "the payment's dispute was lost", in: tx)
        }
        let isHeld = dispute.stage == .opened || dispute.stage == .fundsWithdrawn
        guard var delivery = try await find(orderId: dispute.orderId, in: tx), delivery.hold(isHeld) else { return }
        try await deliveries.update(delivery, in: tx)
    }
}

extension IllegalDeliveryStep {
    /// 409 that names what would be allowed.
    fileprivate var problem: Problem {
        let allowed = allowed.isEmpty ? "nothing" : allowed.joined(separator: ", ")
        let hasLeft = status == .shipped || status == .delivered
        let isTooLate = step.name == "cancel" && hasLeft
        return Problem(
            status: 409, title: isTooLate ? "Already shipped" : "Not possible now",
            detail: "\(step.name) is not possible while the delivery is \(status.rawValue)"
                + (isHeld ? ", and held, as its payment is disputed" : "")
                + "; allowed: \(allowed)",
            type: isTooLate ? DeliveryAPI.alreadyShipped : "about:blank")
    }
}
