public import Configuration
import Contracts
public import HTTP
import Idempotency
import Kernel
public import Messaging
import REST
import Saga
public import ServiceHost
public import Storage

/// The order service. This page declares everything that it answers and listens to.
public struct OrderService: ServiceDefinition {
    public static let name = "order"
    public static let kind = ServiceKind.persistence
    public static let port = 8084
    public static let summary = "orders and their life cycle"
    public static let calls = ["payment", "delivery", "product"]
    public static let publishes: [any EventPayload.Type] = [
        OrderPlaced.self, OrderRejected.self, OrderPaid.self, OrderPaymentFailed.self, OrderRefunded.self,
        OrderCancellationBegan.self, OrderCancellationRefused.self, OrderCancelled.self, OrderReturned.self,
        OrderRefundFailed.self, OrderDisputed.self,
    ]
    public static let migrations = [
        Migration(
            1, "orders",
            [.create(Order.firstSchema)] + ServiceEnvironment.migrationSteps + [
                .create(IdempotencyStore.collection.schema), .create(Sagas<CancellationState>.collection.schema),
                .create(Sagas<RefundState>.collection.schema),
            ]),
        Migration(
            2, "two states of an order",
            Order.stateFields.map { .addField($0, of: Order.collection.schema) }
                + [.create(OperatorTask.collection.schema)]),
        Migration(3, "whose an order is", Ownership.steps(of: Order.collection.schema)),
    ]

    private let settings: OrderSettings

    public init(from section: Configuration) {
        settings = OrderSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> OrderParts { try OrderParts(context, settings) }
}

extension OrderService {
    static let orders = ResourceDeclaration<Order>(
        "order",
        searches: [
            .init("findByStatus", by: "status"), .init("findByPaymentStatus", by: "paymentStatus"),
            .init("findByFulfilmentStatus", by: "fulfilmentStatus"), .init("findByBranchId", by: "branchId"),
        ], visibility: .owned(by: \.owner) { $0.branchId })

    public static let routes: [RouteDeclaration<OrderParts>] =
        orders.routes { $0.resource } + commands + Sagas<CancellationState>.routes { $0.cancellations }
        + Sagas<RefundState>.routes { $0.refunds }
        + OperatorTasks.routes(of: \.tasks, by: \.taskCommands) {
            try await $0.receiving.perform($1, $2, in: $3)
        }

    private static let commands: [RouteDeclaration<OrderParts>] = [
        .command(
            "/orders", summary: "Places an order and asks for its payment", body: PlaceOrder.self,
            answers: Order.self, statuses: [201, 202, 402, 409, 422], key: .optional, by: \.placeCommands
        ) { try await $0.placing.place($1, $2) }
        .produces(HAL.contentType).open(to: .everyone)
        .notAudited(because: "the event log has every order"),
        .post(
            "/orders/{id}/cancel", summary: "Cancels an order that was not shipped, and gives all back",
            answers: Order.self, statuses: [200, 202, 409]
        ) { try await $0.cancelOrder.cancel($1) }
        .produces(HAL.contentType).optionalBody(CancelOrder.self).about(\.resource)
        .audited(as: "order.cancel"),
        .command(
            "/orders/{id}/refunds", summary: "Gives some or all of the money back, once per Idempotency-Key",
            optionalBody: RefundOrder.self, answers: RefundAnswer.self, statuses: [201, 202, 409, 422],
            key: .required, by: \.refundCommands
        ) { try await $0.refunding.refund($1, $2) }
        // A buyer who could would have goods and money.
        .about(\.resource, open: .sellers)
        .audited(as: "order.refund"),
        .put(
            OrderAPI.path + "/{id}", summary: "Creates the order of a checkout, once", body: CreateOrder.self,
            answers: Order.self, statuses: [200, 201, 409]
        ) { try await $0.checkouts.create($1, $2) }
        .open(to: .operators)
        .notAudited(because: "a step of a checkout; the event log has every order"),
        .post(
            OrderAPI.path + "/{id}/withdrawal", summary: "Takes back the order of a checkout",
            body: WithdrawOrder.self, answers: Order.self, statuses: [200, 409, 422]
        ) { try await $0.checkouts.withdraw($1, $2) }
        .open(to: .operators)
        .auditedForCallers(as: "order.withdraw"),
    ]

    public static let policies: [Policy<OrderParts>] = [
        .on(PaymentApproved.self, "mark the order paid") { try await $0.payments.approved($1, $2, in: $3) },
        .on(PaymentRefunded.self, "mark the order refunded") { try await $0.payments.refunded($1, $2, in: $3) },
        .on(PaymentAuthorised.self, "mark the payment authorised") {
            try await $0.payments.authorised($1, $2, in: $3)
        },
        .on(PaymentCancelled.self, "cancel the order") { try await $0.payments.cancelled($1, $2, in: $3) },
        .on(PaymentFailed.self, "mark the payment failed") { try await $0.payments.failed($1, $2, in: $3) },
        .on(DeliveryStarted.self, "mark the delivery started") { try await $0.deliveries.started($1, $2, in: $3) },
        .on(DeliveryCancelled.self, "mark the delivery given up") {
            try await $0.deliveries.cancelled($1, $2, in: $3)
        },
        .on(DeliveryShipped.self, "mark the order shipped") { try await $0.deliveries.shipped($1, $2, in: $3) },
        .on(DeliveryDelivered.self, "mark the order delivered") {
            try await $0.deliveries.delivered($1, $2, in: $3)
        },
        .on(AddressConfirmed.self, "create the order") { order, event, _, tx in
            _ = try await order.checkouts.create(event.order, in: tx)
        },
        .on(PaymentRefundFailed.self, "mark the refund failed") {
            try await $0.payments.refundFailed($1, $2, in: $3)
        },
        .on(PaymentDisputed.self, "mark the payment disputed") { try await $0.payments.disputed($1, $2, in: $3) },
        // Not cancelled at once: the order may be paid, and the event about it still on its way.
        .on(CheckoutExpired.self, "ask how its payment stands") { order, event, _, tx in
            try await order.deadline.hasten(event.orderId, in: tx)
        },
        .on(StockLost.self, "cancel the order") { order, event, _, tx in
            try await order.cancelling.beginSoon(event.orderId, reason: "out of stock", in: tx)
        },
    ]

    public static let jobs: [JobDeclaration<OrderParts>] = [
        .loop("idempotency pruning") { try await $0.keys.pruneRegularly($0.orders.database) },
        Sagas<CancellationState>.job { $0.cancellations }, Sagas<RefundState>.job { $0.refunds },
        OperatorTasks.job { $0.tasks },
        // If no payment is asked for, there is nothing to settle.
        .job("settle payments") { $0.isPaymentOn ? $0.settling.job : nil },
        .job("give up unpaid orders") { $0.isPaymentOn ? $0.deadline.job : nil },
        .loop("earlier orders") {
            try await $0.earlier.runRegularly(
                failure: "orders of an earlier version could not be filled in this time")
        },
    ]

    public static let sagas = [CancellationSaga.definition.outline, RefundSaga.definition.outline]
}

/// The parts that the routes, policies and jobs of `OrderService` call, wired to each other and to their environment.
public final class OrderParts: Sendable {
    let orders: Repository<Order>
    let resource: RestResource<Order>
    let tasks: OperatorTasks
    let cancellations: Sagas<CancellationState>
    let refunds: Sagas<RefundState>
    let cancelling: Cancelling
    // Commands
    let keys: IdempotencyStore
    let placeCommands: Commands
    let refundCommands: Commands
    let taskCommands: Commands
    let placing: PlaceOrderHandler
    let cancelOrder: CancelOrderHandler
    let refunding: RefundOrderHandler
    let checkouts: CheckoutOrders
    // Policies
    let payments: PaymentEventHandlers
    let deliveries: DeliveryEventHandlers
    let receiving: PaymentReceiving
    // Jobs
    /// `false` if orders are accepted only.
    let isPaymentOn: Bool
    let settling: SettlePayments
    let deadline: GiveUpUnpaidOrders
    let earlier: FieldFilling<Order>

    init(_ context: ServiceEnvironment, _ settings: OrderSettings) throws {
        orders = try context.repository(of: Order.self)
        resource = RestResource(orders, OrderService.orders)
        tasks = try OperatorTasks(context, kinds: OperatorTaskKind.order)
        cancellations = try Sagas(
            CancellationSaga.definition, context: context, settings: settings.sagas,
            ending: Cancelling.ending(context, orders, tasks))
        refunds = try Sagas(
            RefundSaga.definition, context: context, settings: settings.sagas,
            ending: RefundSaga.ending(context, orders, tasks))
        cancelling = Cancelling(context: context, orders: orders, sagas: cancellations)
        let payment = OrderPayment(
            orders: orders,
            // A buyer waits: what is not known is asked again in the background, by `SettlePayments`.
            payment: try context.client(for: "payment", breaker: settings.breaker, retry: .never),
            timeout: settings.paymentTimeout)

        keys = IdempotencyStore(loop: context.loop, keeping: OrderSettings.keyRetention)
        // Kept as long as the record of a refund or a task, which is never deleted.
        let keysOfRecords = IdempotencyStore(loop: context.loop, keeping: nil)
        placeCommands = Commands(
            context, keys: keys, lease: settings.paymentTimeout + .seconds(5),
            ignoresKeys: settings.idempotency == .off)
        refundCommands = Commands(context, keys: keysOfRecords, lease: settings.sagas.callTimeout + .seconds(5))
        taskCommands = Commands(context, keys: keysOfRecords)
        placing = PlaceOrderHandler(
            context: context, orders: orders, payment: payment,
            prices: PriceChecking(
                product: try context.client(for: "product", breaker: settings.breaker),
                isOn: settings.prices == .catalogue, timeout: settings.priceTimeout),
            resource: resource, settings: settings)
        cancelOrder = CancelOrderHandler(context: context, cancelling: cancelling, resource: resource)
        refunding = RefundOrderHandler(context: context, orders: orders, sagas: refunds, resource: resource)
        checkouts = CheckoutOrders(context: context, orders: orders, cancelling: cancelling)

        receiving = PaymentReceiving(orders: orders, cancelling: cancelling, tasks: tasks)
        payments = PaymentEventHandlers(
            orders: orders, payment: payment, cancelling: cancelling, refunds: refunds, receiving: receiving)
        deliveries = DeliveryEventHandlers(orders: orders)

        isPaymentOn = settings.payment != .off
        settling = SettlePayments(context: context, orders: orders, payment: payment, settings: settings)
        deadline = GiveUpUnpaidOrders(
            context: context, orders: orders, payment: payment.payment, outcome: payment, receiving: receiving,
            cancelling: cancelling, interval: settings.settleInterval, timeout: settings.paymentTimeout)
        earlier = Self.filling(context, orders, deadline: settings.payment == .off ? nil : settings.paymentDeadline)
    }

    /// Orders of an earlier version have one state instead of two. Those with an open payment get their deadline, counted
    /// from now; `nil` if no payment is asked for.
    private static func filling(
        _ context: ServiceEnvironment, _ orders: Repository<Order>, deadline: Duration?
    ) -> FieldFilling<Order> {
        FieldFilling(
            context, of: orders, among: [.equal("paymentStatus", .null)],
            change: { order in
                guard let deadline, order.awaitsPayment, order.paymentDueAt == nil else { return }
                order.paymentDueAt = context.loop.now + deadline
            })
    }
}
