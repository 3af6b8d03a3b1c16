import Contracts
import HTTP
import Kernel
public import Saga
import ServiceHost
import Storage

/// Leads a checkout as a saga: asks product, customer, order and payment one after the other, and compensates the steps
/// that were done if one of them fails.
struct OrchestratedCheckout: CheckoutLeader {
    let sagas: Sagas<CheckoutState>
    var style: CheckoutStyle { .orchestrated }

    func begin(_ checkout: Checkout, in tx: any Transaction) async throws {
        let saga = try await sagas.start(checkout.id, CheckoutState(checkout), in: tx)
        sagas.driveInBackground(saga, after: tx)
    }

    static func ending(_ ending: CheckoutEnding) -> Sagas<CheckoutState>.Ending {
        { saga, tx in
            if saga.status == .completed {
                try await ending.complete(saga.id, in: tx)
            } else {
                try await ending.fail(
                    saga.id, saga.state.end, reason: saga.state.reason ?? saga.reason ?? "", in: tx)
            }
        }
    }

    /// The end of the payment comes by event, and is not asked for.
    static let policies: [Policy<OrchestratedCheckout>] = [
        .on(PaymentApproved.self, "go on with the checkout") { checkout, event, _, tx in
            try await checkout.sagas.signal(event.orderId, in: tx) { $0.payment = .captured }
        },
        .on(PaymentFailed.self, "take the checkout back") { checkout, event, _, tx in
            try await checkout.sagas.signal(event.orderId, in: tx) { state in
                state.payment = .declined
                state.reason = event.reason
            }
        },
        .on(PaymentCancelled.self, "take the checkout back") { checkout, event, _, tx in
            try await checkout.sagas.signal(event.orderId, in: tx) { state in
                guard state.payment == nil else { return }
                state.failure = .cancelled
                state.payment = .declined
                state.reason = "the payment was cancelled"
            }
        },
    ]
}

/// The orchestrated checkout, as a table: what is asked of whom, what the answer means, and what takes it back.
enum CheckoutSaga {
    static func definition(retry: SagaRetry, paymentPatience: Duration) -> SagaDefinition<CheckoutState> {
        SagaDefinition([
            SagaStep(
                "reserve the stock", at: "product", retry: retry, cannotBeSkipped: true, request: reserve,
                reply: reserved,
                compensation: { SagaCall(.post, ProductAPI.release(orderId: $0.orderId)) }),
            SagaStep(
                "find the address", at: "customer", retry: retry, isReadOnly: true, cannotBeSkipped: true,
                request: { state in
                    // Whoever names another's customer in a cart is told that there is none.
                    SagaCall(.get, CustomerAPI.deliveryPath(customerId: state.customerId))
                        .with(OrderScope.fields(owner: state.owner, branchId: nil))
                }, reply: addressed),
            SagaStep(
                "create the order", at: "order", retry: retry, cannotBeSkipped: true,
                request: { state in
                    state.order.map { SagaCall(.put, OrderAPI.order(state.orderId), json: $0) }
                },
                compensation: withdraw),
            // Taken back by the order's withdrawal: the order first of all stops, then its delivery and its money.
            SagaStep(
                "pay", at: "payment", retry: retry, cannotBeSkipped: true, request: pay, reply: paid,
                awaits: awaitPayment,
                replyTimeout: paymentPatience,
                finalCheck: { SagaCall(.get, PaymentAPI.payment(orderId: $0.orderId)) }, checked: checked),
            SagaStep(
                "sell the stock", at: "product", retry: patient(retry),
                request: { SagaCall(.post, ProductAPI.commit(orderId: $0.orderId)) }, reply: sold),
        ])
    }

    /// The order is paid: product being away for a while is no reason to give the money back.
    private static func patient(_ retry: SagaRetry) -> SagaRetry {
        SagaRetry(
            backoff: retry.backoff, timeout: .seconds(86_400), compensationTimeout: retry.compensationTimeout)
    }

    @Sendable private static func reserve(_ state: CheckoutState) -> SagaCall? {
        SagaCall(
            .put, ProductAPI.reservation(orderId: state.orderId),
            json: ReserveStock(
                branchId: state.branchId, items: state.items, total: state.expectedTotal,
                currency: state.expectedCurrency))
    }

    @Sendable private static func reserved(_ state: inout CheckoutState, _ reply: SagaReply) throws -> StepOutcome {
        switch reply.outcome {
        case .done:
            let reservation = try reply.decode(StockReservation.self)
            state.priced = reservation.items
            state.currency = reservation.currency
            return .done
        case .refused(let reason):
            switch reply.problemType {
            case ProductAPI.outOfStock: return state.refuse(.outOfStock, reason)
            case ProductAPI.priceChanged: return state.refuse(.priceChanged, reason)
            default: return state.refuse(.unknownProduct, reason)
            }
        case let other: return other
        }
    }

    @Sendable private static func addressed(_ state: inout CheckoutState, _ reply: SagaReply) throws -> StepOutcome {
        switch reply.outcome {
        case .done:
            state.details = try reply.decode(DeliveryDetails.self)
            return .done
        case .refused(let reason): return state.refuse(.noAddress, reason)
        case let other: return other
        }
    }

    @Sendable private static func withdraw(_ state: CheckoutState) -> SagaCall? {
        state.order.map { order in
            SagaCall(
                .post, OrderAPI.withdrawal(state.orderId),
                json: WithdrawOrder(order: order, failure: state.end, reason: state.reason ?? "it took too long"))
        }
    }

    @Sendable private static func pay(_ state: CheckoutState) -> SagaCall? {
        // Without an order there is nothing to pay for, whoever passed over its step.
        guard let currency = state.currency, state.order != nil else { return nil }
        return SagaCall(
            .post, PaymentAPI.path,
            json: RequestPayment(orderId: state.orderId, amount: state.amount, currency: currency),
            key: PaymentAPI.idempotencyKey(orderId: state.orderId)
        ).with(OrderScope.fields(owner: state.owner, branchId: state.branchId))
    }

    @Sendable private static func paid(_ state: inout CheckoutState, _ reply: SagaReply) throws -> StepOutcome {
        switch reply.outcome {
        case .done:
            let receipt = try reply.decode(PaymentReceipt.self)
            switch receipt.status {
            case .captured, .partiallyRefunded, .refunded: state.payment = .captured
            case .failed:
                state.payment = .declined
                state.reason = receipt.reason
            case .cancelled: return state.refuse(.cancelled, receipt.reason ?? "the payment was cancelled")
            case .pending, .unknown, .authorised: break
            }
            return .waiting
        case .refused(let reason):
            return state.refuse(reply.problemType == PaymentAPI.cancelled ? .cancelled : .paymentDeclined, reason)
        case let other: return other
        }
    }

    /// Applies the payment as it is now. A payment that was never begun is waited for.
    @Sendable private static func checked(_ state: inout CheckoutState, _ reply: SagaReply) throws -> StepOutcome {
        reply.status == 404 ? .waiting : try paid(&state, reply)
    }

    @Sendable private static func awaitPayment(_ state: CheckoutState) -> StepOutcome {
        switch state.payment {
        case .captured: .done
        case .declined: .refused(state.reason ?? "the payment was declined")
        case nil: .waiting
        }
    }

    @Sendable private static func sold(_ state: inout CheckoutState, _ reply: SagaReply) throws -> StepOutcome {
        guard case .refused(let reason) = reply.outcome else { return reply.outcome }
        return state.refuse(reply.problemType == ProductAPI.outOfStock ? .outOfStock : .cancelled, reason)
    }
}

/// The state that an orchestrated checkout carries from step to step.
public struct CheckoutState: SagaState {
    public static let saga = "checkout"

    enum Payment: String, Codable, Sendable, Hashable {
        case captured, declined
    }
    let orderId: String
    let cartId: String
    let customerId: String
    let branchId: Int64
    let owner: Principal?
    let items: [CheckoutItem]
    /// The total that the buyer saw, if they said so.
    let expectedTotal: Int64?
    let expectedCurrency: Currency?
    /// As product priced them.
    var priced: [OrderItem] = []
    var currency: Currency?
    var details: DeliveryDetails?
    var payment: Payment?
    var failure: CheckoutFailure?
    var reason: String?

    init(_ checkout: Checkout) {
        orderId = checkout.id
        cartId = checkout.cartId
        customerId = checkout.customerId
        branchId = checkout.branchId
        owner = checkout.owner
        items = checkout.items
        expectedTotal = checkout.total
        expectedCurrency = checkout.currency
    }

    /// `nil` before stock and address are known.
    var order: CreateOrder? {
        guard let details, let currency else { return nil }
        return CreateOrder(
            orderId: orderId, cartId: cartId, checkout: .orchestrated, branchId: branchId, items: priced,
            currency: currency, buyer: details.buyer, address: details.address, owner: owner)
    }

    var amount: Int64 { priced.reduce(0) { $0 + $1.qty * $1.price } }

    /// The cause of the failure; without a known one, the checkout took too long.
    var end: CheckoutFailure { failure ?? (payment == .declined ? .paymentDeclined : .timedOut) }

    mutating func refuse(_ failure: CheckoutFailure, _ reason: String) -> StepOutcome {
        self.failure = failure
        self.reason = reason
        return .refused(reason)
    }
}
