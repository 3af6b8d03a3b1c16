public import Configuration
import Contracts
import HTTP
import Idempotency
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// Products, their stock, and what of it is kept for orders. All that it answers and listens to stands on this page.
public struct ProductService: ServiceDefinition {
    public static let name = "product"
    public static let kind = ServiceKind.persistence
    public static let port = 8081
    public static let summary = "products, stock and reservations"
    public static let publishes: [any EventPayload.Type] = [
        StockReserved.self, StockRejected.self, StockSold.self, StockLost.self,
    ]
    public static let migrations = [
        Migration(
            1, "products",
            [
                .create(Product.collection.schema), .create(Stock.collection.schema),
                .create(StockAdjustment.collection.schema), .create(Reservation.collection.schema),
                .create(IdempotencyStore.collection.schema),
            ] + ServiceEnvironment.migrationSteps)
    ]

    private let settings: ProductSettings

    public init(from section: Configuration) {
        settings = ProductSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let database = try context.database
        let products = Repository<Product>(database)
        let stocks = Repository<Stock>(database)
        let reservations = try context.repository(of: Reservation.self)
        // As long as the adjustment that a key has made, which is never deleted.
        let idempotency = IdempotencyStore(loop: context.loop, keeping: nil)
        let adjustments = RestResource(
            Repository<StockAdjustment>(database), item: "stockAdjustment", path: "/stocks/adjustments",
            searches: [.init("findBySauceId", by: "sauceId")])
        let adjusting = AdjustStockHandler(
            context: context, products: products, stocks: stocks, adjustments: Repository(database),
            resource: adjustments)
        let reserving = Reserving(
            context: context, products: products, stocks: stocks, reservations: reservations, settings: settings)
        let steps = ReservationSteps(context: context, stocks: stocks, reservations: reservations)
        let expiry = ExpireReservations(context: context, steps: steps, interval: settings.expiryInterval)
        let checkout = ChoreographedCheckout(context: context, reserving: reserving, steps: steps)

        let stockResource = RestResource(
            stocks, item: "stock",
            searches: [.init("findByBranchId", by: "branchId"), .init("findBySauceId", by: "sauceId")],
            associations: [
                .one("product", in: RestResource(products, item: "product")) { Product.id(sauceId: $0.sauceId) }
            ])
        let productResource = RestResource(
            products, item: "product",
            searches: [.init("findByName", by: "name"), .init("findByIsActive", by: "isActive")],
            associations: [.many("stocks", in: stockResource, where: "sauceId") { .integer($0.sauceId) }],
            writes: ProductBody.writes(stocks: stocks, defaultCurrency: settings.currency))
        let adjustment = Commands(context, keys: idempotency).post(
            "/stocks/adjustments", summary: "Records a delivery of goods, or a correction", body: AdjustStock.self,
            answers: StockAdjustment.self, statuses: [201, 409, 422], key: .optional, handler: adjusting.adjust)

        return ServiceParts(
            routes: [
                productResource.routes, stockResource.routes, adjustments.routes,
                [adjustment.produces(HAL.contentType), Pricing(products: products, stocks: stocks).route],
                RestResource(reservations, item: "reservation").routes,
                ReservationRoutes(context: context, reserving: reserving, steps: steps).routes,
            ].flatMap { $0 },
            handlers: [
                .on(CheckoutRequested.self, "reserve the stock") { try await checkout.requested($0, in: $2) },
                .on(OrderPaid.self, "sell what was reserved") { try await checkout.paid($0, in: $2) },
                .on(OrderPaymentFailed.self, "give the stock back") { try await checkout.givenUp($0.order, in: $2) },
                .on(OrderCancelled.self, "give the stock back") { try await checkout.givenUp($0.order, in: $2) },
                .on(AddressRejected.self, "give the stock back") { try await checkout.addressRejected($0, in: $2) },
            ],
            background: [
                expiry.job.background,
                // Prunes the keys that an earlier version kept for a day.
                .init("idempotency pruning") { try await idempotency.pruneRegularly(database) },
            ])
    }
}
