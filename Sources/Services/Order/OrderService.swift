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
        let order = try OrderParts(context, settings)
        return ServiceParts(
            routes: routes(order), handlers: policies(order), background: background(order),
            sagas: [order.cancellations.outline, order.refunds.outline])
    }

    private func routes(_ order: OrderParts) -> [Route] {
        order.resource.routes + [
            order.placeCommands.post(
                "/orders", summary: "Places an order and asks for its payment", body: PlaceOrder.self,
                answers: Order.self, statuses: [201, 202, 402, 409, 422],
                key: settings.idempotency == .off ? .ignored : .optional, handler: order.placing.place
            ).produces(HAL.contentType),
            .post(
                "/orders/{id}/cancel", summary: "Cancels an order that was not shipped, and gives all back",
                answers: Order.self, statuses: [200, 202, 409]
            ) { try await order.cancelOrder.cancel($0) }
            .produces(HAL.contentType).optionalBody(CancelOrder.self),
            order.refundCommands.post(
                "/orders/{id}/refunds", summary: "Gives some or all of the money back, once per Idempotency-Key",
                optionalBody: RefundOrder.self, answers: RefundAnswer.self, statuses: [201, 202, 409, 422],
                key: .required, handler: order.refunding.refund),
            .put(
                OrderAPI.path + "/{id}", summary: "Creates the order of a checkout, once", body: CreateOrder.self,
                answers: Order.self, statuses: [200, 201, 409]
            ) { try await order.checkouts.create($0, $1) },
            .post(
                OrderAPI.path + "/{id}/withdrawal", summary: "Takes back the order of a checkout",
                body: WithdrawOrder.self, answers: Order.self, statuses: [200, 409, 422]
            ) { try await order.checkouts.withdraw($0, $1) },
        ] + order.cancellations.routes + order.refunds.routes
            + order.tasks.routes(order.keysOfRecords) { try await order.receiving.perform($0, $1, in: $2) }
    }

    private func policies(_ order: OrderParts) -> [EventSubscription] {
        let (payments, deliveries) = (order.payments, order.deliveries)
        return [
            .on(PaymentApproved.self, "mark the order paid") { try await payments.approved($0, $1, in: $2) },
            .on(PaymentRefunded.self, "mark the order refunded") { try await payments.refunded($0, $1, in: $2) },
            .on(PaymentAuthorised.self, "mark the payment authorised") {
                try await payments.authorised($0, $1, in: $2)
            },
            .on(PaymentCancelled.self, "cancel the order") { try await payments.cancelled($0, $1, in: $2) },
            .on(PaymentFailed.self, "mark the payment failed") { try await payments.failed($0, $1, in: $2) },
            .on(DeliveryStarted.self, "mark the delivery started") { try await deliveries.started($0, $1, in: $2) },
            .on(DeliveryCancelled.self, "mark the delivery given up") {
                try await deliveries.cancelled($0, $1, in: $2)
            },
            .on(DeliveryShipped.self, "mark the order shipped") { try await deliveries.shipped($0, $1, in: $2) },
            .on(DeliveryDelivered.self, "mark the order delivered") {
                try await deliveries.delivered($0, $1, in: $2)
            },
            .on(AddressConfirmed.self, "create the order") { event, _, tx in
                _ = try await order.checkouts.create(event.order, in: tx)
            },
            .on(PaymentRefundFailed.self, "mark the refund failed") {
                try await payments.refundFailed($0, $1, in: $2)
            },
            .on(PaymentDisputed.self, "mark the payment disputed") { try await payments.disputed($0, $1, in: $2) },
            // Not cancelled at once: that it is paid may only not have been heard.
            .on(CheckoutExpired.self, "ask how its payment stands") { event, _, tx in
                try await order.deadline.hasten(event.orderId, in: tx)
            },
            .on(StockLost.self, "cancel the order") { event, _, tx in
                try await order.cancelling.beginSoon(event.orderId, reason: "out of stock", in: tx)
            },
        ]
    }

    private func background(_ order: OrderParts) -> [ServiceParts.Background] {
        // What is only accepted is not settled either.
        let payment = settings.payment == .off ? [] : [order.settling.job.background, order.deadline.job.background]
        return [
            .init("idempotency pruning") { try await order.keys.pruneRegularly(order.orders.database) },
            order.cancellations.background, order.refunds.background, order.tasks.background,
        ] + payment + [.init("earlier orders") { try await order.earlier.run() }]
    }
}
