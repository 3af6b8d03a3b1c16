public import Configuration
import Contracts
public import HTTP
import Idempotency
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// Deliveries: starts one when a payment is approved, and follows it to the buyer. While this service is down, orders
/// and payments go on; it catches up from the event log. All that it answers and listens to stands on this page.
public struct DeliveryService: ServiceDefinition {
    public static let name = "delivery"
    public static let kind = ServiceKind.persistence
    public static let port = 8086
    public static let summary = "deliveries of paid orders"
    public static let publishes: [any EventPayload.Type] = [
        DeliveryStarted.self, DeliveryShipped.self, DeliveryDelivered.self, DeliveryCancelled.self,
    ]
    public static let migrations = [
        Migration(
            1, "deliveries",
            [.create(Delivery.collection.schema.without(Ownership.fields))]
                + ServiceEnvironment.migrationSteps),
        Migration(2, "idempotency", [.create(IdempotencyStore.collection.schema)]),
        Migration(3, "whose a delivery is", Ownership.steps(of: Delivery.collection.schema)),
    ]

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceEnvironment) throws -> DeliveryParts { try DeliveryParts(context) }
}

extension DeliveryService {
    static let deliveries = ResourceDeclaration<Delivery>(
        "delivery", searches: [.init("findByOrderId", by: "orderId"), .init("findByStatus", by: "status")],
        visibility: .owned(by: \.owner) { $0.branchId })

    public static let routes: [RouteDeclaration<DeliveryParts>] =
        deliveries.routes { $0.resource } + commands.map { $0.produces(HAL.contentType) }

    private static let commands: [RouteDeclaration<DeliveryParts>] = [
        .command(
            "/deliveries/{id}/ship", summary: "Says that it has left the shop",
            optionalBody: DeliveryCommands.Ship.self, answers: Delivery.self, statuses: [200, 409, 422],
            key: .optional, by: \.commands
        ) { try await $0.handler.ship($1, $2) }
        .about(\.resource, open: .sellers)
        .notAudited(because: "the ordinary course of every order; the event log has it"),
        .command(
            "/deliveries/{id}/deliver", summary: "Says that the buyer has it", answers: Delivery.self,
            statuses: [200, 409, 422], key: .optional, by: \.commands
        ) { try await $0.handler.deliver($1) }
        .about(\.resource, open: .sellers)
        .notAudited(because: "the ordinary course of every order; the event log has it"),
        .command(
            "/deliveries/{id}/cancel", summary: "Gives it up before it leaves", body: DeliveryCommands.Cancel.self,
            answers: Delivery.self, statuses: [200, 409, 422], key: .optional, by: \.commands
        ) { try await $0.handler.cancel($1, $2) }
        .about(\.resource, open: .sellers)
        .audited(as: "delivery.cancel"),
        .command(
            DeliveryAPI.cancellations, summary: "Gives up the delivery of an order, also one not yet started",
            body: CancelDelivery.self, answers: Delivery.self, statuses: [200, 409, 422], key: .optional,
            by: \.commands
        ) { try await $0.handler.cancelOfOrder($1, $2) }
        .open(to: .operators)
        .auditedForCallers(as: "delivery.cancel"),
    ]

    public static let policies: [Policy<DeliveryParts>] = [
        .on(PaymentApproved.self, "start the delivery") { try await $0.steps.start($1, in: $3) },
        .on(OrderCancelled.self, "give up what has not left") { delivery, cancelled, _, tx in
            try await delivery.steps.stop(orderId: cancelled.order.orderId, reason: cancelled.reason, in: tx)
        },
        .on(PaymentDisputed.self, "hold what has not left") { try await $0.steps.disputed($1, in: $3) },
        .on(PaymentRefunded.self, "give up what has not left") { delivery, refund, _, tx in
            guard refund.isWhole else { return }
            try await delivery.steps.stop(orderId: refund.orderId, reason: "the order is refunded", in: tx)
        },
    ]

    public static let jobs: [JobDeclaration<DeliveryParts>] = [
        // Prunes the keys that an earlier version kept for a day.
        .loop("idempotency pruning") { try await $0.keys.pruneRegularly($0.steps.deliveries.database) }
    ]
}

/// The objects that routes, policies and jobs of the service call.
public final class DeliveryParts: Sendable {
    let resource: RestResource<Delivery>
    let steps: DeliverySteps
    let keys: IdempotencyStore
    let commands: Commands
    let handler: DeliveryCommands

    init(_ context: ServiceEnvironment) throws {
        let deliveries = try context.repository(of: Delivery.self)
        resource = RestResource(deliveries, DeliveryService.deliveries)
        steps = DeliverySteps(context: context, deliveries: deliveries)
        // Kept as long as the delivery, which is never deleted.
        keys = IdempotencyStore(loop: context.loop, keeping: nil)
        commands = Commands(context, keys: keys)
        handler = DeliveryCommands(steps: steps, resource: resource)
    }
}
