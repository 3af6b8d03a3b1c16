import Contracts
import HTTP
import Kernel
import Saga
import ServiceHost
import Storage

/// Gives up orders whose payment is not known in time, after payment was asked about it once more. They are cancelled and
/// their stock goes back; payment gives back the money that was taken, or is taken later.
struct GiveUpUnpaidOrders: Sendable {
    /// The delay of the next look if payment did not answer.
    private static let delay = Duration.seconds(10)

    let context: ServiceEnvironment
    let orders: Repository<Order>
    let payment: ServiceClient
    let outcome: OrderPayment
    let receiving: PaymentReceiving
    let cancelling: Cancelling
    let interval: Duration
    let timeout: Duration

    var job: Job<Order> {
        Job(
            "give up unpaid orders", in: orders, context, JobPlan(due: "paymentDueAt", every: interval),
            work: decide)
    }

    /// Makes an order whose payment is not decided due now.
    func hasten(_ orderId: String, in tx: any Transaction) async throws {
        guard var order = try await orders.find(orderId, in: tx), order.awaitsPayment else { return }
        order.paymentDueAt = context.loop.now
        try await orders.update(order, in: tx)
    }

    private enum Answer: Sendable {
        case receipt(PaymentReceipt)
        /// No payment was ever begun.
        case none
        case silence
    }

    private func decide(_ order: Order) async throws {
        let answer = order.cancellation == nil ? await ask(order) : .none
        let saga = try await context.transaction { tx in try await decide(order.id, answer, in: tx) }
        if let saga { try await cancelling.sagas.drive(saga) }
    }

    private func ask(_ order: Order) async -> Answer {
        do {
            let response = try await payment.send(.get, PaymentAPI.payment(orderId: order.id), timeout: timeout)
            if response.status == 404 { return .none }
            guard response.isSuccess else { return .silence }
            return .receipt(try JSON.decode(PaymentReceipt.self, from: response.body))
        } catch {
            return .silence
        }
    }

    private func decide(
        _ id: String, _ answer: Answer, in tx: any Transaction
    ) async throws -> SagaInstance<CancellationState>? {
        guard var order = try await orders.find(id, in: tx), order.awaitsPayment else { return nil }
        if let cancellation = order.cancellation {
            // The cancellation has waited for payment's outcome, and now goes on without it.
            if let saga = cancellation.sagaId {
                try await cancelling.sagas.signal(saga, in: tx) { $0.isOverdue = true }
            }
            order.paymentDueAt = nil
            try await orders.update(order, in: tx)
            return nil
        }
        switch answer {
        case .silence:
            order.paymentDueAt = context.loop.now + Self.delay
            try await orders.update(order, in: tx)
            return nil
        case .receipt(let receipt) where receipt.capturedAmount > 0:
            try await receiving.receive(
                .init(
                    paymentId: receipt.id, amount: receipt.capturedAmount, currency: nil,
                    // Refunds made meanwhile have events of their own, which are newer than the capture.
                    version: order.paymentVersion + 1, at: context.loop.now), for: id, in: tx)
            return nil
        case .receipt(let receipt) where receipt.status == .failed:
            _ = try await outcome.fail(
                &order, paymentId: receipt.id, version: receipt.version, reason: receipt.reason, in: tx)
            return nil
        case .receipt(let receipt) where receipt.status == .authorised:
            if order.paymentAuthorised(paymentId: receipt.id, paymentVersion: order.paymentVersion + 1) {
                try await orders.update(order, in: tx)
            }
            return nil
        case .receipt, .none:
            return try await cancelling.begin(
                order, reason: "the payment was not confirmed in time", isOverdue: true, in: tx)
        }
    }
}
