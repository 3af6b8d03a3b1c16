public import Configuration
import Contracts
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// Deliveries: starts one when a payment is approved. While this service is down, orders and payments go on; it catches
/// up from the event log.
public struct DeliveryService: ServiceDefinition {
    public static let name = "delivery"
    public static let kind = ServiceKind.persistence
    public static let port = 8086
    public static let summary = "deliveries of paid orders"
    public static let publishes: [any EventPayload.Type] = [DeliveryStarted.self]
    public static let migrations = [
        Migration(1, "deliveries", [.create(Delivery.collection.schema)] + ServiceContext.migrationSteps)
    ]

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let deliveries = Repository<Delivery>(try context.database)
        let resource = RestResource(deliveries, item: "delivery", searches: [.init("findByOrderId", by: "orderId")])

        return ServiceParts(
            routes: resource.routes,
            handlers: [
                .on(PaymentApproved.self) { approval, _, tx in
                    let known = [Condition("orderId", .equal, .text(approval.orderId))]
                    guard try await deliveries.first(where: known, in: tx) == nil else { return }
                    let started = Delivery.start(
                        id: context.identifiers.next("DEL-"), orderId: approval.orderId, paymentId: approval.paymentId,
                        at: context.loop.now)
                    let delivery = try await deliveries.insert(started, in: tx)
                    try await context.publish(
                        DeliveryStarted(
                            deliveryId: delivery.id, orderId: delivery.orderId, startedAt: delivery.startedAt),
                        about: delivery.orderId, version: delivery.version, in: tx)
                }
            ])
    }
}
