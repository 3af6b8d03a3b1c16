public import Configuration
import Contracts
import HTTP
import Idempotency
import Kernel
public import Messaging
import REST
import Saga
public import ServiceHost
public import Storage

/// Carts, and the checkout that turns one into a paid order: led by this service step by step, or left to the events.
public struct CartService: ServiceDefinition {
    public static let name = "cart"
    public static let kind = ServiceKind.aggregation
    public static let port = 8083
    public static let summary = "carts and their checkout"
    public static let calls = ["product", "customer", "order", "payment"]
    public static let publishes: [any EventPayload.Type] = [
        CheckoutRequested.self, CheckoutExpired.self, CheckoutCompleted.self, CheckoutFailed.self,
    ]
    public static let migrations = [
        Migration(
            1, "carts",
            [
                .create(Cart.collection.schema), .create(Checkout.firstSchema),
                .create(Sagas<CheckoutState>.collection.schema), .create(IdempotencyStore.collection.schema),
            ] + ServiceEnvironment.migrationSteps),
        Migration(
            2, "when checkouts expire",
            Checkout.collection.schema.fields.filter { Checkout.laterFields.contains($0.name) }
                .map { .addField($0, to: Checkout.collection.name) }),
    ]

    private let settings: CartSettings

    public init(from section: Configuration) {
        settings = CartSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let database = try context.database
        let carts = Repository<Cart>(database)
        let checkouts = try context.repository(of: Checkout.self)
        let idempotency = IdempotencyStore(loop: context.loop, keeping: CartSettings.keyRetention)
        let watch = CheckoutWatch(loop: context.loop)
        let ending = CheckoutEnding(context: context, carts: carts, checkouts: checkouts, watch: watch)
        let sagas = try Sagas(
            CheckoutSaga.definition(retry: settings.sagas.retry, paymentPatience: settings.paymentPatience),
            context: context, settings: settings.sagas, ending: OrchestratedCheckout.ending(ending))
        // Both are there whichever is chosen: checkouts that began before a change of the line end as they began.
        let orchestrated = OrchestratedCheckout(sagas: sagas)
        let choreographed = ChoreographedCheckout(ending: ending)
        let expiry = ExpireCheckouts(
            context: context, checkouts: checkouts, ending: ending, patience: settings.paymentPatience,
            interval: settings.sagas.interval)
        let earlier = EarlierCheckouts(context: context, checkouts: checkouts)
        let checkoutResource = RestResource(
            checkouts, item: "checkout",
            searches: [.init("findByCartId", by: "cartId"), .init("findByStatus", by: "status")],
            associations: [.one("cart", in: RestResource(carts, item: "cart")) { $0.cartId }])
        let cartResource = RestResource(
            carts, item: "cart", searches: [.init("findByCustomerId", by: "customerId")],
            associations: [.many("checkouts", in: checkoutResource, where: "cartId") { .text($0.id) }])
        let editing = EditCartHandler(
            context: context, carts: carts, resource: cartResource,
            prices: CartPrices(
                product: try context.client(for: "product", breaker: settings.breaker), timeout: settings.priceTimeout))
        let checkingOut = CheckOutHandler(
            context: context, carts: carts, checkouts: checkouts,
            leader: settings.checkout == .orchestrated ? orchestrated : choreographed, watch: watch,
            cartResource: cartResource, answer: CheckoutAnswer(resource: checkoutResource), settings: settings)
        let commands = Commands(context, keys: idempotency, lease: settings.wait + .seconds(5))

        return ServiceParts(
            routes: cartResource.routes.map { route in
                guard route.method == .get, route.pattern == "/carts/{id}" else { return route }
                return Route.get(
                    route.pattern, summary: "Shows a cart, and what it costs today", answers: PricedCart.self,
                    statuses: [200, 404]
                ) { try await editing.show($0) }
                .produces(HAL.contentType)
            } + checkoutResource.routes + sagas.routes + [
                .post(
                    "/carts", summary: "Opens a cart for a customer at a branch", body: CreateCart.self,
                    answers: PricedCart.self, statuses: [201]
                ) { try await editing.create($0, $1) }
                .produces(HAL.contentType),
                .post(
                    "/carts/{id}/items", summary: "Adds pieces of a product", body: CheckoutItem.self,
                    answers: PricedCart.self, statuses: [200, 409, 412]
                ) { try await editing.add($0, $1) }
                .produces(HAL.contentType),
                .put(
                    "/carts/{id}/items/{sauceId}", summary: "Sets how many pieces of a product are wanted",
                    body: ChangeItem.self, answers: PricedCart.self, statuses: [200, 409, 412]
                ) { try await editing.put($0, $1) }
                .produces(HAL.contentType),
                .delete(
                    "/carts/{id}/items/{sauceId}", summary: "Takes a product out", answers: PricedCart.self,
                    statuses: [200, 409, 412]
                ) { try await editing.remove($0) }
                .produces(HAL.contentType),
                commands.post(
                    "/carts/{id}/checkout", summary: "Orders and pays what is in the cart, once per Idempotency-Key",
                    optionalBody: CheckOut.self, answers: Checkout.self, statuses: [201, 202, 402, 409, 422],
                    key: .optional, handler: checkingOut.checkOut
                ).produces(HAL.contentType).requestHeader("Prefer"),
            ],
            handlers: orchestrated.handlers + choreographed.handlers,
            background: [
                sagas.background, expiry.job.background,
                .init("earlier checkouts") { try await earlier.run() },
                .init("idempotency pruning") { try await idempotency.pruneRegularly(database) },
            ],
            sagas: [sagas.outline])
    }
}
