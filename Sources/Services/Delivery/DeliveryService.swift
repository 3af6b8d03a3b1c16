public import Configuration
import Contracts
import HTTP
import Idempotency
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// Deliveries: starts one when a payment is approved, and follows it to the buyer. While this service is down, orders and
/// payments go on; it catches up from the event log. All that it answers and listens to stands on this page.
public struct DeliveryService: ServiceDefinition {
    public static let name = "delivery"
    public static let kind = ServiceKind.persistence
    public static let port = 8086
    public static let summary = "deliveries of paid orders"
    public static let publishes: [any EventPayload.Type] = [
        DeliveryStarted.self, DeliveryShipped.self, DeliveryDelivered.self, DeliveryCancelled.self,
    ]
    public static let migrations = [
        Migration(1, "deliveries", [.create(Delivery.collection.schema)] + ServiceEnvironment.migrationSteps),
        Migration(2, "idempotency", [.create(IdempotencyStore.collection.schema)]),
    ]

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let database = try context.database
        let deliveries = try context.repository(of: Delivery.self)
        let resource = RestResource(
            deliveries, item: "delivery",
            searches: [.init("findByOrderId", by: "orderId"), .init("findByStatus", by: "status")])
        let steps = DeliverySteps(context: context, deliveries: deliveries)
        // As long as the delivery, which is never deleted.
        let idempotency = IdempotencyStore(loop: context.loop, keeping: nil)
        let commands = Commands(context, keys: idempotency)
        let handler = DeliveryCommands(steps: steps, resource: resource)

        return ServiceParts(
            routes: resource.routes + [
                commands.post(
                    "/deliveries/{id}/ship", summary: "Says that it has left the shop",
                    optionalBody: DeliveryCommands.Ship.self, answers: Delivery.self, statuses: [200, 409, 422],
                    key: .optional, handler: handler.ship
                ).produces(HAL.contentType),
                commands.post(
                    "/deliveries/{id}/deliver", summary: "Says that the buyer has it", answers: Delivery.self,
                    statuses: [200, 409, 422], key: .optional, handler: handler.deliver
                ).produces(HAL.contentType),
                commands.post(
                    "/deliveries/{id}/cancel", summary: "Gives it up before it leaves",
                    body: DeliveryCommands.Cancel.self, answers: Delivery.self, statuses: [200, 409, 422],
                    key: .optional, handler: handler.cancel
                ).produces(HAL.contentType),
                commands.post(
                    DeliveryAPI.cancellations, summary: "Gives up the delivery of an order, also one not yet started",
                    body: CancelDelivery.self, answers: Delivery.self, statuses: [200, 409, 422], key: .optional,
                    handler: handler.cancelOfOrder
                ).produces(HAL.contentType),
            ],
            handlers: [
                .on(PaymentApproved.self, "start the delivery") { approval, _, tx in
                    try await steps.start(approval, in: tx)
                },
                .on(OrderCancelled.self, "give up what has not left") { cancelled, _, tx in
                    try await steps.stop(orderId: cancelled.order.orderId, reason: cancelled.reason, in: tx)
                },
                .on(PaymentDisputed.self, "hold what has not left") { dispute, _, tx in
                    try await steps.disputed(dispute, in: tx)
                },
                .on(PaymentRefunded.self, "give up what has not left") { refund, _, tx in
                    guard refund.isWhole else { return }
                    try await steps.stop(orderId: refund.orderId, reason: "the order is refunded", in: tx)
                },
            ],
            // Prunes the keys that an earlier version kept for a day.
            background: [.init("idempotency pruning") { try await idempotency.pruneRegularly(database) }])
    }
}
