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

    public func parts(_ context: ServiceEnvironment) throws -> OrderParts { try OrderParts(context, settings) }
}

extension OrderService {
    static let orders = ResourceDeclaration<Order>(
        "order",
        searches: [
            .init("findByStatus", by: "status"), .init("findByPaymentStatus", by: "paymentStatus"),
            .init("findByFulfilmentStatus", by: "fulfilmentStatus"), .init("findByBranchId", by: "branchId"),
        ])

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
        .produces(HAL.contentType),
        .post(
            "/orders/{id}/cancel", summary: "Cancels an order that was not shipped, and gives all back",
            answers: Order.self, statuses: [200, 202, 409]
        ) { try await $0.cancelOrder.cancel($1) }
        .produces(HAL.contentType).optionalBody(CancelOrder.self),
        .command(
            "/orders/{id}/refunds", summary: "Gives some or all of the money back, once per Idempotency-Key",
            optionalBody: RefundOrder.self, answers: RefundAnswer.self, statuses: [201, 202, 409, 422],
            key: .required, by: \.refundCommands
        ) { try await $0.refunding.refund($1, $2) },
        .put(
            OrderAPI.path + "/{id}", summary: "Creates the order of a checkout, once", body: CreateOrder.self,
            answers: Order.self, statuses: [200, 201, 409]
        ) { try await $0.checkouts.create($1, $2) },
        .post(
            OrderAPI.path + "/{id}/withdrawal", summary: "Takes back the order of a checkout",
            body: WithdrawOrder.self, answers: Order.self, statuses: [200, 409, 422]
        ) { try await $0.checkouts.withdraw($1, $2) },
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
        .loop("earlier orders") { try await $0.earlier.run() },
    ]

    public static let sagas = [CancellationSaga.definition.outline, RefundSaga.definition.outline]
}
