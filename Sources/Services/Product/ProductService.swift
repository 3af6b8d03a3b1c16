public import Configuration
import Contracts
public import HTTP
import Idempotency
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// The service of products, stock and reservations, with its routes and subscriptions.
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

    public func parts(_ context: ServiceEnvironment) throws -> ProductParts { try ProductParts(context, settings) }
}

extension ProductService {
    static let stocks = ResourceDeclaration<Stock>(
        "stock", searches: [.init("findByBranchId", by: "branchId"), .init("findBySauceId", by: "sauceId")],
        associations: [
            .one("product", in: ResourceDeclaration<Product>("product", visibility: .everyone)) {
                Product.id(sauceId: $0.sauceId)
            }
        ], visibility: .ofBranch({ $0.branchId }, field: "branchId"))
    static let products = ResourceDeclaration<Product>(
        "product", searches: [.init("findByName", by: "name"), .init("findByIsActive", by: "isActive")],
        associations: [.many("stocks", in: stocks, where: "sauceId") { .integer($0.sauceId) }],
        visibility: .everyone, writes: ProductBody.self)
    static let adjustments = ResourceDeclaration<StockAdjustment>(
        "stockAdjustment", path: "/stocks/adjustments", searches: [.init("findBySauceId", by: "sauceId")],
        visibility: .ofBranch({ $0.branchId }, field: "branchId"))
    static let reservations = ResourceDeclaration<Reservation>("reservation", visibility: .operators)

    public static let routes: [RouteDeclaration<ProductParts>] =
        productRoutes.auditingWrites(as: "product") + stocks.routes { $0.stockResource }
        + adjustments.routes { $0.adjusting.resource } + reservations.routes { $0.reservationResource } + commands

    private static let productRoutes: [RouteDeclaration<ProductParts>] = products.routes { $0.productResource }

    private static let commands: [RouteDeclaration<ProductParts>] = [
        .command(
            "/stocks/adjustments", summary: "Records a delivery of goods, or a correction", body: AdjustStock.self,
            answers: StockAdjustment.self, statuses: [201, 409, 422], key: .optional, by: \.commands
        ) { try await $0.adjusting.adjust($1, $2) }
        .produces(HAL.contentType).open(to: .sellers)
        .audited(as: "stock.adjust"),
        .get(
            ProductAPI.prices, summary: "Tells the prices of products that are known at a branch",
            answers: PriceList.self
        ) { try await $0.pricing.list($1) }
        .queryParameters([
            QueryParameter("branchId", .integer(), isRequired: true),
            QueryParameter("sauceIds", isRequired: true, description: "Up to \(Pricing.most), with commas between"),
        ]).open(to: .everyone),
        .put(
            ProductAPI.reservation(orderId: "{id}"), summary: "Keeps stock for an order: all lines, or none",
            body: ReserveStock.self, answers: StockReservation.self, statuses: [200, 201, 409, 422]
        ) { try await $0.reserving.reserve($1, $2) }
        .open(to: .operators)
        .auditedForCallers(as: "stock.reserve"),
        .post(
            ProductAPI.commit(orderId: "{id}"), summary: "Sells what was reserved", answers: StockReservation.self,
            statuses: [200, 404, 409]
        ) { try await $0.steps.commit($1) }
        .open(to: .operators)
        .auditedForCallers(as: "stock.commit"),
        .post(
            ProductAPI.release(orderId: "{id}"), summary: "Gives back what was reserved, or sold",
            answers: ReservationSteps.Released.self
        ) { try await $0.steps.release($1) }
        .open(to: .operators)
        .auditedForCallers(as: "stock.release"),
    ]

    public static let policies: [Policy<ProductParts>] = [
        .on(CheckoutRequested.self, "reserve the stock") { try await $0.checkout.requested($1, in: $3) },
        .on(OrderPaid.self, "sell what was reserved") { try await $0.checkout.paid($1, in: $3) },
        .on(OrderPaymentFailed.self, "give the stock back") { try await $0.checkout.givenUp($1.order, in: $3) },
        .on(OrderCancelled.self, "give the stock back") { try await $0.checkout.givenUp($1.order, in: $3) },
        .on(AddressRejected.self, "give the stock back") { try await $0.checkout.addressRejected($1, in: $3) },
    ]

    public static let jobs: [JobDeclaration<ProductParts>] = [
        .job("expire reservations") { $0.expiry },
        // Prunes the keys that an earlier version kept for a day.
        .loop("idempotency pruning") { try await $0.keys.pruneRegularly($0.steps.reservations.database) },
    ]
}

/// The objects that routes, policies and jobs of the service call.
public final class ProductParts: Sendable {
    let productResource: RestResource<Product>
    let stockResource: RestResource<Stock>
    let reservationResource: RestResource<Reservation>
    let pricing: Pricing
    let keys: IdempotencyStore
    let commands: Commands
    let adjusting: AdjustStockHandler
    let reserving: ReserveStockHandler
    let steps: ReservationSteps
    let checkout: ChoreographedCheckout
    let expiry: Job<Reservation>

    init(_ context: ServiceEnvironment, _ settings: ProductSettings) throws {
        let database = try context.database
        let products = Repository<Product>(database)
        let stocks = Repository<Stock>(database)
        let reservations = try context.repository(of: Reservation.self)
        productResource = RestResource(
            products, ProductService.products,
            writes: ProductBody.writes(stocks: stocks, defaultCurrency: settings.currency))
        stockResource = RestResource(stocks, ProductService.stocks)
        reservationResource = RestResource(reservations, ProductService.reservations)
        pricing = Pricing(products: products, stocks: stocks)
        // Kept as long as the adjustment that a key has made, which is never deleted.
        keys = IdempotencyStore(loop: context.loop, keeping: nil)
        commands = Commands(context, keys: keys)
        let adjustments = Repository<StockAdjustment>(database)
        adjusting = AdjustStockHandler(
            context: context, products: products, stocks: stocks, adjustments: adjustments,
            resource: RestResource(adjustments, ProductService.adjustments))
        reserving = ReserveStockHandler(
            context: context, products: products, stocks: stocks, reservations: reservations, settings: settings)
        steps = ReservationSteps(context: context, stocks: stocks, reservations: reservations)
        checkout = ChoreographedCheckout(context: context, reserving: reserving, steps: steps)
        expiry = steps.expiry(every: settings.expiryInterval)
    }
}
