public import Configuration
import Contracts
import Messaging
import REST
public import ServiceHost
public import Storage

/// The read model (CQRS): built from the events of order, payment, delivery and notification, asked by nobody of them.
public struct DashboardService: ServiceDefinition {
    public static let name = "dashboard"
    public static let kind = ServiceKind.readModel
    public static let port = 8087
    public static let summary = "all that is known of each order, in one row"
    public static let migrations = [
        Migration(1, "dashboards", [.create(OrderDashboard.collection.schema)] + ServiceContext.migrationSteps)
    ]

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let rows = Repository<OrderDashboard>(try context.database)
        let projection = DashboardProjection(rows: rows)
        let resource = RestResource(rows, item: "orderDashboard", searches: [.init("findByStatus", by: "status")])

        return ServiceParts(
            routes: resource.routes,
            handlers: [
                .on(OrderPlaced.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.order.orderId, in: tx) { $0.apply(event) }
                },
                .on(OrderRejected.self, "update the dashboard") { event, _, tx in
                    try await projection.remove(event.orderId, in: tx)
                },
                .on(OrderPaid.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.order.orderId, in: tx) { $0.apply(event) }
                },
                .on(OrderPaymentFailed.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.orderId, in: tx) { $0.apply(event) }
                },
                .on(OrderRefunded.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.orderId, in: tx) { $0.apply(event) }
                },
                .on(PaymentApproved.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.orderId, in: tx) { $0.apply(event) }
                },
                .on(OrderCancelled.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.order.orderId, in: tx) { $0.apply(event) }
                },
                .on(DeliveryShipped.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.orderId, in: tx) { $0.apply(event) }
                },
                .on(DeliveryDelivered.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.orderId, in: tx) { $0.apply(event) }
                },
                .on(DeliveryCancelled.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.orderId, in: tx) { $0.apply(event) }
                },
                .on(DeliveryStarted.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.orderId, in: tx) { $0.apply(event) }
                },
                .on(NotificationSent.self, "update the dashboard") { event, _, tx in
                    try await projection.change(event.orderId, in: tx) { $0.apply(event) }
                },
            ])
    }
}
