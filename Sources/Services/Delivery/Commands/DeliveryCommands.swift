import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// Handles the commands on deliveries: each is one transaction with its key.
struct DeliveryCommands: Sendable {
    /// The body of `POST /deliveries/{id}/ship`; optional.
    struct Ship: Codable, Sendable {
        let trackingCode: String?
    }
    /// The body of `POST /deliveries/{id}/cancel`.
    struct Cancel: Codable, Sendable {
        let reason: String
    }
    let steps: DeliverySteps
    let resource: RestResource<Delivery>

    func ship(_ command: Ship?, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(command?.trackingCode, "trackingCode", length: 1...100)
        try errors.check()
        return try await take(.ship(trackingCode: command?.trackingCode), call)
    }

    func deliver(_ call: CommandCall) async throws -> Response {
        try await take(.deliver, call)
    }

    func cancel(_ command: Cancel, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(command.reason, "reason", length: 1...500)
        try errors.check()
        return try await take(.cancel(reason: command.reason), call)
    }

    /// Gives up the delivery of an order, also one that has not been started.
    func cancelOfOrder(_ command: CancelDelivery, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(identifier: command.orderId, "orderId")
        errors.require(command.reason, "reason", length: 1...500)
        try errors.check()
        call.request.outcomeIsSeen(
            at: "\(DeliveryAPI.path)/search/findByOrderId?orderId=\(QueryString.encode(command.orderId))")
        return try await call.once { _, tx in
            if call.request.headers["If-Match"] != nil {
                try call.request.requireMatch(try await steps.find(orderId: command.orderId, in: tx))
            }
            let delivery = try await steps.cancel(orderId: command.orderId, reason: command.reason, in: tx)
            return try resource.answer(with: delivery, to: call.request)
        }
    }

    private func take(_ step: DeliveryStep, _ call: CommandCall) async throws -> Response {
        try await call.once { _, tx in
            let delivery = try await resource.itemToChange(of: call.request, in: tx)
            return try resource.answer(with: try await steps.take(step, delivery, in: tx), to: call.request)
        }
    }
}

/// Starts deliveries and takes their steps, in the caller's transaction.
struct DeliverySteps: Sendable {
    let context: ServiceEnvironment
    let deliveries: Repository<Delivery>

    func find(orderId: String, in tx: any Transaction) async throws -> Delivery? {
        try await deliveries.first(where: [.equal("orderId", .text(orderId))], in: tx)
    }

    /// Starts the delivery of an order, unless there is one, or the order was cancelled.
    func start(_ approval: PaymentApproved, in tx: any Transaction) async throws {
        guard try await find(orderId: approval.orderId, in: tx) == nil else { return }
        try await deliveries.insert(
            .start(
                id: context.identifiers.next("DEL-"), orderId: approval.orderId, paymentId: approval.paymentId,
                owner: approval.owner, branchId: approval.branchId, at: context.loop.now), in: tx)
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

    /// Gives up the order's delivery. If there is none, leaves a tombstone, so that none is started.
    func cancel(orderId: String, reason: String, in tx: any Transaction) async throws -> Delivery {
        if let delivery = try await find(orderId: orderId, in: tx) {
            return try await take(.cancel(reason: reason), delivery, in: tx)
        }
        return try await deliveries.insert(
            .tombstone(
                id: context.identifiers.next("DEL-"), orderId: orderId, reason: reason, at: context.loop.now), in: tx)
    }

    /// Gives up a delivery that has not left the shop. Most were given up on order's request before.
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
    /// A 409 that names the steps that would be allowed.
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
