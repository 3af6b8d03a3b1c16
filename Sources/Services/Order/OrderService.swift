public import Configuration
import Contracts
import HTTP
import Idempotency
import Kernel
public import Messaging
import REST
import Saga
public import ServiceHost
public import Storage

/// Orders and their life cycle. All that it answers and listens to stands on this page.
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
            Order.collection.schema.fields.filter { Order.laterFields.contains($0.name) }
                .map { .addField($0, to: Order.collection.name) }
                + [.create(OperatorTask.collection.schema)]),
    ]

    private let settings: OrderSettings

    public init(from section: Configuration) {
        settings = OrderSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let database = try context.database
        let orders = Repository<Order>(database)
        let resource = RestResource(
            orders, item: "order",
            searches: [
                .init("findByStatus", by: "status"), .init("findByPaymentStatus", by: "paymentStatus"),
                .init("findByFulfilmentStatus", by: "fulfilmentStatus"), .init("findByBranchId", by: "branchId"),
            ])
        let idempotency = IdempotencyStore(loop: context.loop, keeping: OrderSettings.keyRetention)
        let payment = OrderPayment(
            context: context, orders: orders,
            // A buyer waits: what is not known is asked again in the background, by `SettlePayments`.
            payment: try context.client(for: "payment", breaker: settings.breaker, retry: .never),
            timeout: settings.paymentTimeout)
        let placing = PlaceOrderHandler(
            context: context, orders: orders, payment: payment,
            prices: PriceChecking(
                product: try context.client(for: "product", breaker: settings.breaker),
                isOn: settings.prices == .catalogue, timeout: settings.priceTimeout),
            resource: resource, settings: settings)
        let tasks = try OperatorTasks(context, kinds: OperatorTaskKind.order)
        let cancellations = try Sagas(
            CancellationSaga.definition, context: context, settings: settings.sagas,
            ending: Cancelling.ending(context, orders, tasks))
        let cancelling = Cancelling(context: context, orders: orders, sagas: cancellations)
        let cancelOrder = CancelOrderHandler(context: context, cancelling: cancelling, resource: resource)
        let checkouts = CheckoutOrders(context: context, orders: orders, cancelling: cancelling)
        let refunds = try Sagas(
            RefundSaga.definition, context: context, settings: settings.sagas,
            ending: RefundSaga.ending(context, orders, tasks))
        let receiving = PaymentReceiving(
            context: context, orders: orders, cancelling: cancelling, tasks: tasks)
        let events = PaymentEventHandlers(
            context: context, orders: orders, payment: payment, cancelling: cancelling, refunds: refunds,
            receiving: receiving)
        let deadline = GiveUpUnpaidOrders(
            context: context, orders: orders, payment: payment.payment, outcome: payment, receiving: receiving,
            cancelling: cancelling, interval: settings.settleInterval, timeout: settings.paymentTimeout)
        // As long as the record of a refund or a task, which is never deleted.
        let forRecords = IdempotencyStore(loop: context.loop, keeping: nil)
        let refunding = RefundOrderHandler(context: context, orders: orders, sagas: refunds, resource: resource)
        let placeCommands = Commands(context, keys: idempotency, lease: settings.paymentTimeout + .seconds(5))
        let refundCommands = Commands(context, keys: forRecords, lease: settings.sagas.callTimeout + .seconds(5))
        let deliveries = DeliveryEventHandlers(orders: orders)
        let settling = SettlePayments(context: context, orders: orders, payment: payment, settings: settings)
        let earlier = FillOrders(
            context: context, orders: orders, deadline: settings.payment == .off ? nil : settings.paymentDeadline)

        return ServiceParts(
            routes: resource.routes + [
                placeCommands.post(
                    "/orders", summary: "Places an order and asks for its payment", body: PlaceOrder.self,
                    answers: Order.self, statuses: [201, 202, 402, 409, 422],
                    key: settings.idempotency == .off ? .ignored : .optional, handler: placing.place
                ).produces(HAL.contentType),
                .post(
                    "/orders/{id}/cancel", summary: "Cancels an order that was not shipped, and gives all back",
                    answers: Order.self, statuses: [200, 202, 409]
                ) { try await cancelOrder.cancel($0) }
                .produces(HAL.contentType).optionalBody(CancelOrder.self),
                refundCommands.post(
                    "/orders/{id}/refunds", summary: "Gives some or all of the money back, once per Idempotency-Key",
                    optionalBody: RefundOrder.self, answers: RefundAnswer.self, statuses: [201, 202, 409, 422],
                    key: .required, handler: refunding.refund),
                .put(
                    OrderAPI.path + "/{id}", summary: "Creates the order of a checkout, once", body: CreateOrder.self,
                    answers: Order.self, statuses: [200, 201, 409]
                ) { try await checkouts.create($0, $1) },
                .post(
                    OrderAPI.path + "/{id}/withdrawal", summary: "Takes back the order of a checkout",
                    body: WithdrawOrder.self, answers: Order.self, statuses: [200, 409, 422]
                ) { try await checkouts.withdraw($0, $1) },
            ] + cancellations.routes + refunds.routes
                + tasks.routes(forRecords) { try await receiving.perform($0, $1, in: $2) },
            handlers: [
                .on(PaymentApproved.self, "mark the order paid") { try await events.approved($0, $1, in: $2) },
                .on(PaymentRefunded.self, "mark the order refunded") { try await events.refunded($0, $1, in: $2) },
                .on(PaymentAuthorised.self, "mark the payment authorised") {
                    try await events.authorised($0, $1, in: $2)
                },
                .on(PaymentCancelled.self, "cancel the order") { try await events.cancelled($0, $1, in: $2) },
                .on(PaymentFailed.self, "mark the payment failed") { try await events.failed($0, $1, in: $2) },
                .on(DeliveryStarted.self, "mark the delivery started") { try await deliveries.started($0, $1, in: $2) },
                .on(DeliveryCancelled.self, "mark the delivery given up") {
                    try await deliveries.cancelled($0, $1, in: $2)
                },
                .on(DeliveryShipped.self, "mark the order shipped") { try await deliveries.shipped($0, $1, in: $2) },
                .on(DeliveryDelivered.self, "mark the order delivered") {
                    try await deliveries.delivered($0, $1, in: $2)
                },
                .on(AddressConfirmed.self, "create the order") { event, _, tx in
                    _ = try await checkouts.create(event.order, in: tx)
                },
                .on(PaymentRefundFailed.self, "mark the refund failed") {
                    try await events.refundFailed($0, $1, in: $2)
                },
                .on(PaymentDisputed.self, "mark the payment disputed") { try await events.disputed($0, $1, in: $2) },
                // Not cancelled at once: that it is paid may only not have been heard.
                .on(CheckoutExpired.self, "ask how its payment stands") { event, _, tx in
                    try await deadline.hasten(event.orderId, in: tx)
                },
                .on(StockLost.self, "cancel the order") { event, _, tx in
                    try await cancelling.beginSoon(event.orderId, reason: "out of stock", in: tx)
                },
            ],
            background: [.init("idempotency pruning") { try await idempotency.pruneRegularly(database) }]
                // What is only accepted is not settled either.
                + [cancellations.background, refunds.background, tasks.background]
                + (settings.payment == .off
                    ? []
                    : [settling.job.background, deadline.job.background])
                + [.init("earlier orders") { try await earlier.run() }],
            sagas: [cancellations.outline, refunds.outline])
    }
}

/// An order's events are told in the order of its own versions.
extension Order: Aggregate {}
