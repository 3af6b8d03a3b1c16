public import Configuration
import Contracts
import DashboardPage
import FoundationEssentials
public import HTTP
import Kernel
import Messaging
import REST
public import ServiceHost
public import Storage

/// The read model (CQRS). It is built only from the events of order, payment, delivery and notification, and none of
/// these services calls it. Its web page shows it to people, beside what the payment service says about differences.
public struct DashboardService: ServiceDefinition {
    public static let name = "dashboard"
    public static let kind = ServiceKind.readModel
    public static let port = 8087
    public static let summary = "all that is known of each order, in one row"
    public static let calls = ["payment"]
    public static let migrations = [
        Migration(1, "dashboards", [.create(OrderDashboard.firstSchema)] + ServiceEnvironment.migrationSteps),
        Migration(
            2, "a second side, to rebuild on",
            [.create(ReadModel.shadow(of: OrderDashboard.firstSchema))] + ReadModel.migrationSteps),
        Migration(
            3, "whose a row is",
            [OrderDashboard.collection.schema, shadow].flatMap { Ownership.steps(of: $0) }),
        Migration(
            4, "stories and totals",
            OrderDashboard.laterFields.flatMap { name in
                [OrderDashboard.collection.schema, shadow].map { .addField(name, of: $0, value: value(of: name)) }
            }
                + newCollections.flatMap { [.create($0), .create(ReadModel.shadow(of: $0))] }),
    ]
    private static let newCollections = [
        OrderStory.collection.schema, OrderCount.collection.schema, OrderTotals.collection.schema,
    ]
    private static let shadow = ReadModel.shadow(of: OrderDashboard.collection.schema)

    /// Returns how a declared field of rows is computed that an earlier version has stored; `nil` if all of them lack it.
    private static func value(of field: String) -> Migration.ComputedValue? {
        guard field != "updatedAt" else { return nil }
        guard let value = OrderDashboard.collection.fields.first(where: { $0.schema.name == field })?.value else {
            preconditionFailure("orderDashboards declare no \(field)")
        }
        return { document in value(try JSON.decode(OrderDashboard.self, from: Data(document))) }
    }

    public static let page: String? = folder + "/"
    private static let folder = "/dashboard"

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceEnvironment) throws -> DashboardParts {
        try DashboardParts(context)
    }
}

extension DashboardService {
    static let dashboards = ResourceDeclaration<OrderDashboard>(
        "orderDashboard",
        searches: [
            .init("findByStatus", by: "status", sorted: ["placedAt": "statusPlacedAt"]),
            .init("findByOrderId", by: "id"),
            .init("findByCustomerId", by: "buyerId", parameter: "customerId"),
        ], visibility: .owned(by: \.owner) { $0.branchId }, tagsLists: true)

    public static let routes: [RouteDeclaration<DashboardParts>] =
        dashboards.routes { (parts: DashboardParts) in parts.resource } + [
            .get(
                "/orderDashboards/figures", summary: "Shows the orders of the last days in figures",
                answers: DashboardFigures.self, statuses: [200, 304]
            ) { try await $0.showFigures($1) }
            .queryParameters(QueryParameter("days", .integer(), description: "7 if not given")).open(to: .operators),
            .get(
                "/orderDashboards/proof", summary: "Says whether payments, ledger and the provider's statement agree",
                answers: MoneyProof.self
            ) { parts, _ in try .json(try await parts.proof.read()) }.open(to: .operators),
            .get(
                "/orderDashboards/{id}/story", summary: "Shows the lines of an order and what happened to it",
                answers: OrderStory.self, statuses: [200, 304, 404]
            ) { try await $0.showStory($1) }.about { $0.resource },
            files.route(at: folder, summary: "The files of the web page").open(to: .everyone),
        ]

    public static let jobs: [JobDeclaration<DashboardParts>] = [
        .loop("count orders") { try await $0.counting.run() },
        .loop("count earlier orders") { try await $0.countingEarlier.run() },
    ]

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
        apply(OrderPlaced.self, to: \.order.orderId, items: \.order.items) { $0.apply($1) },
        .on(OrderRejected.self, "update the dashboard") { try await $0.remove($1.orderId, in: $3) },
        apply(OrderPaid.self, to: \.order.orderId, items: \.order.items) { $0.apply($1) },
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
        apply(OrderCancelled.self, to: \.order.orderId, items: \.order.items) { $0.apply($1) },
        apply(DeliveryShipped.self, to: \.orderId) { $0.apply($1) },
        apply(DeliveryDelivered.self, to: \.orderId) { $0.apply($1) },
        apply(DeliveryCancelled.self, to: \.orderId) { $0.apply($1) },
        apply(DeliveryStarted.self, to: \.orderId) { $0.apply($1) },
        apply(NotificationSent.self, to: \.orderId) { $0.apply($1) },
    ]

    private static func apply<Event: EventPayload>(
        _ event: Event.Type, to orderId: @escaping @Sendable (Event) -> String,
        items: @escaping @Sendable (Event) -> [OrderItem]? = { _ in nil },
        _ change: @escaping @Sendable (inout OrderDashboard, Event) -> Void
    ) -> Policy<OrderDashboardProjection> {
        .on(event, "update the dashboard") { side, event, envelope, tx in
            try await side.change(orderId(event), by: envelope, items: items(event), in: tx) { change(&$0, event) }
        }
    }
}

/// The two sides of the read model, and what shows them.
public final class DashboardParts: HasReadModel {
    let counting: CountOrders
    let countingEarlier: CountEarlierOrders
    let proof: MoneyProofReader
    let sides: [OrderDashboardProjection]
    public let readModel: ReadModel
    private let resources: [RestResource<OrderDashboard>]
    private let loop: any Loop

    init(_ context: ServiceEnvironment) throws {
        let (database, loop, news) = (try context.database, context.loop, Signal())
        let sides = [false, true].map { isShadow in
            OrderDashboardProjection(
                rows: Self.repository(database, isShadow), stories: Self.repository(database, isShadow),
                counts: Self.repository(database, isShadow), totals: Self.repository(database, isShadow),
                now: { loop.now }, news: news)
        }
        let counting = CountOrders(context: context, sides: sides, news: news)
        readModel = ReadModel(
            handlers: { side in DashboardService.projection.map { $0.bound(to: sides[side]) } },
            clear: { side, tx in try await sides[side].clear(in: tx) },
            isSettled: { side, tx in try await counting.isSettled(side, in: tx) })
        countingEarlier = CountEarlierOrders(context: context, readModel: readModel, sides: sides)
        resources = sides.map { RestResource($0.rows, DashboardService.dashboards) }
        proof = try MoneyProofReader(context)
        (self.sides, self.counting, self.loop) = (sides, counting, loop)
    }

    private static func repository<Root: Entity>(_ database: any Database, _ isShadow: Bool) -> Repository<Root>
    where Root.Recording == RecordsNothing {
        let schema = Root.collection.schema
        return Repository(database, named: isShadow ? ReadModel.shadow(of: schema).name : schema.name)
    }
}

extension DashboardParts {
    /// The rows that callers read now.
    var resource: RestResource<OrderDashboard> {
        let generation = readModel.generation
        return resources[generation % 2].built(generation: generation)
    }

    func showFigures(_ request: Request) async throws -> Response {
        let days = try request.query.integer("days", default: 7, in: 1...DashboardFigures.longestRange)
        let (generation, now) = (readModel.generation, loop.now)
        let side = sides[generation % 2]
        return try await side.totals.database.read(.scan(isIndexed: true)) { tx in
            let (figures, tag) = try await DashboardFigures.read(
                days: days, until: now, of: side, generation: generation, in: tx)
            return try request.answer(figures, tag: tag)
        }
    }

    /// Shows an empty story of an order that only an earlier version has heard of.
    func showStory(_ request: Request) async throws -> Response {
        let id: String = try request.parameter("id")
        let generation = readModel.generation
        let side = sides[generation % 2]
        let story = try await side.rows.database.read(.lookup) { tx in
            if let story = try await side.stories.find(id, in: tx) { return story }
            guard try await side.rows.find(id, in: tx) != nil else { throw Problem.notFound("orderDashboard \(id)") }
            return OrderStory(orderId: id)
        }
        var tag = EntityTagBuilder()
        for number in [Int64(generation), story.version, story.history.last?.at.milliseconds ?? 0] { tag.add(number) }
        return try request.answer(story, tag: tag.tag)
    }
}

extension Request {
    fileprivate func answer(_ value: some Encodable, tag: String) throws -> Response {
        if knows(tag) { return Response(status: 304, headers: ["ETag": tag]) }
        var response = try Response.json(value)
        response.headers.add("ETag", tag)
        return response
    }
}
