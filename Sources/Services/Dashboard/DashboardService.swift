public import Configuration
import Contracts
import HTTP
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
        Migration(1, "dashboards", [.create(OrderDashboard.collection.schema)] + ServiceEnvironment.migrationSteps),
        Migration(
            2, "a second side, to rebuild on",
            [.create(CollectionSchema(name: shadow, fields: OrderDashboard.collection.schema.fields))]
                + ReadModel.migrationSteps),
    ]
    private static let shadow = "orderDashboardsShadow"

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let database = try context.database
        let sides = [Repository<OrderDashboard>(database), Repository<OrderDashboard>(database, named: Self.shadow)]
        let model = ReadModel(
            handlers: { handlers(DashboardProjection(rows: sides[$0])) }, shadows: [Self.shadow],
            clear: { side, tx in
                let rows = try await sides[side].all(Query(limit: 500), in: tx)
                for row in rows { try await sides[side].delete(id: row.id, in: tx) }
                return !rows.isEmpty
            })
        let resources = sides.map {
            RestResource($0, item: "orderDashboard", searches: [.init("findByStatus", by: "status")])
        }
        return ServiceParts(
            routes: zip(resources[0].routes, resources[1].routes).map { first, second in
                first.handled { try await (model.side == 0 ? first : second).handler($0) }
            }, readModel: model)
    }

    private func handlers(_ projection: DashboardProjection) -> [EventSubscription] {
        [
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
            .on(OrderReturned.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.order.orderId, in: tx) { $0.apply(event) }
            },
            .on(OrderRefundFailed.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.order.orderId, in: tx) { $0.apply(event) }
            },
            .on(OrderDisputed.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.order.orderId, in: tx) { $0.apply(event) }
            },
            .on(PaymentAuthorised.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.orderId, in: tx) { $0.apply(event) }
            },
            .on(PaymentFailed.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.orderId, in: tx) { $0.apply(event) }
            },
            .on(PaymentCancelled.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.orderId, in: tx) { $0.apply(event) }
            },
            .on(PaymentRefunded.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.orderId, in: tx) { $0.apply(event) }
            },
            .on(OrderCancellationBegan.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.order.orderId, in: tx) { $0.apply(event) }
            },
            .on(OrderCancellationRefused.self, "update the dashboard") { event, _, tx in
                try await projection.change(event.order.orderId, in: tx) { $0.apply(event) }
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
        ]
    }
}

/// Keeps the rows: makes one when the first event of an order comes, whichever it is.
struct DashboardProjection: Sendable {
    let rows: Repository<OrderDashboard>

    func change(
        _ orderId: String, in tx: any Transaction, _ apply: (inout OrderDashboard) -> Void
    ) async throws {
        let known = try await rows.find(orderId, in: tx)
        var row = known ?? OrderDashboard(orderId: orderId)
        apply(&row)
        if known == nil { try await rows.insert(row, in: tx) } else { try await rows.update(row, in: tx) }
    }

    func remove(_ orderId: String, in tx: any Transaction) async throws {
        // A later try with the same order id may have been paid before this event came.
        guard let row = try await rows.find(orderId, in: tx), !row.isPaid else { return }
        try await rows.delete(row, in: tx)
    }
}
