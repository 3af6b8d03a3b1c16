public import Configuration
import Contracts
public import HTTP
import Messaging
import REST
public import ServiceHost
public import Storage

/// The read model (CQRS). It is built only from the events of order, payment, delivery and notification, and none of
/// these services calls it.
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
            3, "whose a row is", Ownership.steps(of: OrderDashboard.collection.schema) + Ownership.steps(of: shadow)),
    ]
    fileprivate static let shadow = ReadModel.shadow(of: OrderDashboard.collection.schema)

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceEnvironment) throws -> DashboardParts {
        DashboardParts(try context.database)
    }
}

extension DashboardService {
    static let dashboards = ResourceDeclaration<OrderDashboard>(
        "orderDashboard", searches: [.init("findByStatus", by: "status")],
        visibility: .owned(by: \.owner) { $0.branchId })

    public static let routes: [RouteDeclaration<DashboardParts>] = dashboards.routes { (parts: DashboardParts) in
        parts.resources[parts.readModel.side]
    }

    public static let policies: [Policy<DashboardParts>] = projection.map {
        $0.of { (parts: DashboardParts) in parts.sides[0] }
    }

    static let projection: [Policy<DashboardProjection>] = [
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
    ) -> Policy<DashboardProjection> {
        .on(event, "update the dashboard") { side, event, _, tx in
            try await side.change(orderId(event), in: tx) { change(&$0, event) }
        }
    }
}

/// The two sides of the read model, and what shows them.
public final class DashboardParts: HasReadModel {
    let sides: [DashboardProjection]
    let resources: [RestResource<OrderDashboard>]
    public let readModel: ReadModel

    init(_ database: any Database) {
        let rows = [
            Repository<OrderDashboard>(database),
            Repository<OrderDashboard>(database, named: DashboardService.shadow.name),
        ]
        let sides = rows.map { DashboardProjection(rows: $0) }
        self.sides = sides
        resources = rows.map { RestResource($0, DashboardService.dashboards) }
        readModel = ReadModel(
            handlers: { side in DashboardService.projection.map { $0.bound(to: sides[side]) } },
            clear: { side, tx in
                let old = try await rows[side].all(Query(limit: 500), in: tx)
                for row in old { try await rows[side].delete(id: row.id, in: tx) }
                return !old.isEmpty
            })
    }
}

/// Updates the row of an order, and inserts it at the first event of the order, whichever event that is.
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
        // The order may have been placed again under the same id, and paid, before this event arrived.
        guard let row = try await rows.find(orderId, in: tx), !row.isPaid else { return }
        try await rows.delete(row, in: tx)
    }
}
