public import Configuration
import Contracts
import DashboardPage
import FoundationEssentials
public import HTTP
import Messaging
import REST
public import ServiceHost
public import Storage

/// The read model (CQRS). It is built only from the events of order, payment, delivery and notification, and none of
/// these services calls it. Its web page shows it to people.
public struct DashboardService: ServiceDefinition {
    public static let name = "dashboard"
    public static let kind = ServiceKind.readModel
    public static let port = 8087
    public static let summary = "all that is known of each order, in one row"
    public static let migrations = [
        Migration(1, "dashboards", [.create(OrderDashboard.firstSchema)] + ServiceEnvironment.migrationSteps),
        Migration(
            2, "a second side, to rebuild on",
            [.create(ReadModel.shadow(of: OrderDashboard.firstSchema))] + ReadModel.migrationSteps),
        Migration(
            3, "last changes and totals",
            OrderDashboard.laterFields.flatMap { field in
                [.addField(field, to: OrderDashboard.collection.name), .addField(field, to: shadow.name)]
            } + [.create(OrderTotals.collection.schema), .create(totalsShadow)]),
    ]
    fileprivate static let shadow = ReadModel.shadow(of: OrderDashboard.collection.schema)
    fileprivate static let totalsShadow = ReadModel.shadow(of: OrderTotals.collection.schema)
    public static let page: String? = folder + "/"
    private static let folder = "/dashboard"

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceEnvironment) throws -> DashboardParts {
        DashboardParts(try context.database)
    }
}

extension DashboardService {
    static let dashboards = ResourceDeclaration<OrderDashboard>(
        "orderDashboard",
        searches: [
            .init("findByStatus", by: "status"), .init("findByOrderId", by: "id"),
            .init("findByCustomerId", by: "customerId"),
        ])
    static let totals = ResourceDeclaration<OrderTotals>("orderTotal", path: "/orderDashboards/totals")

    public static let routes: [RouteDeclaration<DashboardParts>] =
        (totals.routes { (parts: DashboardParts) in parts.totals[parts.readModel.side] }
        + dashboards.routes { (parts: DashboardParts) in parts.rows[parts.readModel.side] })
        .map { $0.tagged() } + [files.route(at: folder, summary: "The files of the web page")]

    private static let files = StaticFiles(
        Dictionary(
            uniqueKeysWithValues: (0..<dashboard_page_count()).map { index in
                let file = dashboard_page_file(index)
                return (String(cString: file.name), Data(bytes: file.bytes, count: file.length))
            }))

    public static let policies: [Policy<DashboardParts>] = projection.map {
        $0.of { (parts: DashboardParts) in parts.sides[0] }
    }

    static let projection: [Policy<OrderDashboardProjection>] = [
        apply(OrderPlaced.self, to: \.order.orderId) { $0.apply($1) },
        .on(OrderRejected.self, "update the dashboard") { try await $0.remove($1.orderId, in: $3) },
        apply(OrderPaid.self, to: \.order.orderId) { $0.apply($1) },
        apply(OrderPaymentFailed.self, to: \.orderId) { $0.apply($1) },
        apply(OrderRefunded.self, to: \.orderId) { $0.apply($1) },
        apply(PaymentApproved.self, to: \.orderId) { $0.apply($1) },
        apply(OrderReturned.self, to: \.order.orderId) { $0.apply($1) },
        apply(OrderRefundFailed.self, to: \.order.orderId) { $0.apply($1) },
        apply(OrderDisputed.self, to: \.order.orderId) { $0.apply($1) },
        apply(PaymentAuthorised.self, to: \.orderId) { $0.apply($1) },
        apply(PaymentFailed.self, to: \.orderId) { $0.apply($1) },
        apply(PaymentCancelled.self, to: \.orderId) { $0.apply($1) },
        apply(PaymentRefunded.self, to: \.orderId) { $0.apply($1) },
        apply(OrderCancellationBegan.self, to: \.order.orderId) { $0.apply($1) },
        apply(OrderCancellationRefused.self, to: \.order.orderId) { $0.apply($1) },
        apply(OrderCancelled.self, to: \.order.orderId) { $0.apply($1) },
        apply(DeliveryShipped.self, to: \.orderId) { $0.apply($1) },
        apply(DeliveryDelivered.self, to: \.orderId) { $0.apply($1) },
        apply(DeliveryCancelled.self, to: \.orderId) { $0.apply($1) },
        apply(DeliveryStarted.self, to: \.orderId) { $0.apply($1) },
        apply(NotificationSent.self, to: \.orderId) { $0.apply($1) },
    ]

    private static func apply<Event: EventPayload>(
        _ event: Event.Type, to orderId: @escaping @Sendable (Event) -> String,
        _ change: @escaping @Sendable (inout OrderDashboard, Event) -> Void
    ) -> Policy<OrderDashboardProjection> {
        .on(event, "update the dashboard") { side, event, envelope, tx in
            try await side.change(orderId(event), by: envelope, in: tx) { change(&$0, event) }
        }
    }
}

/// The two sides of the read model, and what shows them.
public final class DashboardParts: HasReadModel {
    let sides: [OrderDashboardProjection]
    let rows: [RestResource<OrderDashboard>]
    let totals: [RestResource<OrderTotals>]
    public let readModel: ReadModel

    init(_ database: any Database) {
        let sides = [
            OrderDashboardProjection(rows: Repository(database), totals: Repository(database)),
            OrderDashboardProjection(
                rows: Repository(database, named: DashboardService.shadow.name),
                totals: Repository(database, named: DashboardService.totalsShadow.name)),
        ]
        self.sides = sides
        rows = sides.map { RestResource($0.rows, DashboardService.dashboards) }
        totals = sides.map { RestResource($0.totals, DashboardService.totals) }
        readModel = ReadModel(
            handlers: { side in DashboardService.projection.map { $0.bound(to: sides[side]) } },
            clear: { side, tx in try await sides[side].clear(in: tx) })
    }
}
