public import Configuration
import Contracts
public import HTTP
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
                .create(Cart.firstSchema), .create(Checkout.firstSchema),
                .create(Sagas<CheckoutState>.collection.schema), .create(IdempotencyStore.collection.schema),
            ] + ServiceEnvironment.migrationSteps),
        Migration(
            2, "when checkouts expire",
            [.addField("expiryAt", of: Checkout.collection.schema)]),
        Migration(
            3, "whose carts and checkouts are",
            Ownership.steps(of: Cart.collection.schema) + Ownership.steps(of: Checkout.collection.schema)),
    ]

    private let settings: CartSettings

    public init(from section: Configuration) {
        settings = CartSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> CartParts { try CartParts(context, settings) }
}

extension CartService {
    static let checkouts = ResourceDeclaration<Checkout>(
        "checkout", searches: [.init("findByCartId", by: "cartId"), .init("findByStatus", by: "status")],
        associations: [
            .one("cart", in: ResourceDeclaration<Cart>("cart", visibility: .owned(by: \.owner))) { $0.cartId }
        ], visibility: .owned(by: \.owner))
    static let carts = ResourceDeclaration<Cart>(
        "cart", searches: [.init("findByCustomerId", by: "customerId")],
        associations: [.many("checkouts", in: checkouts, where: "cartId") { .text($0.id) }],
        visibility: .owned(by: \.owner))

    public static let routes: [RouteDeclaration<CartParts>] =
        cartRoutes + checkouts.routes { $0.checkoutResource } + Sagas<CheckoutState>.routes { $0.sagas }
        + commands.notAuditingWrites(because: "a customer's own cart; the event log has every checkout")

    /// The resource, except that one cart is shown with what it costs today.
    private static var cartRoutes: [RouteDeclaration<CartParts>] {
        carts.routes { (parts: CartParts) in parts.cartResource }.map { declared in
            guard declared.route.method == .get, declared.route.pattern == "/carts/{id}" else { return declared }
            return .get(
                declared.route.pattern, summary: "Shows a cart, and what it costs today", answers: PricedCart.self,
                statuses: [200, 404]
            ) { try await $0.editing.show($1) }
            .produces(HAL.contentType).about(\.cartResource)
        }
    }

    private static let commands: [RouteDeclaration<CartParts>] = [
        .post(
            "/carts", summary: "Opens a cart for a customer at a branch", body: CreateCart.self,
            answers: PricedCart.self, statuses: [201]
        ) { try await $0.editing.create($1, $2) }
        .produces(HAL.contentType).open(to: .everyone),
        .post(
            "/carts/{id}/items", summary: "Adds pieces of a product", body: CheckoutItem.self,
            answers: PricedCart.self, statuses: [200, 409, 412]
        ) { try await $0.editing.add($1, $2) }
        .produces(HAL.contentType).about(\.cartResource),
        .put(
            "/carts/{id}/items/{sauceId}", summary: "Sets how many pieces of a product are wanted",
            body: ChangeItem.self, answers: PricedCart.self, statuses: [200, 409, 412]
        ) { try await $0.editing.put($1, $2) }
        .produces(HAL.contentType).about(\.cartResource),
        .delete(
            "/carts/{id}/items/{sauceId}", summary: "Takes a product out", answers: PricedCart.self,
            statuses: [200, 409, 412]
        ) { try await $0.editing.remove($1) }
        .produces(HAL.contentType).about(\.cartResource),
        .command(
            "/carts/{id}/checkout", summary: "Orders and pays what is in the cart, once per Idempotency-Key",
            optionalBody: CheckOut.self, answers: Checkout.self, statuses: [201, 202, 402, 409, 422], key: .optional,
            by: \.commands
        ) { try await $0.checkingOut.checkOut($1, $2) }
        .produces(HAL.contentType).requestHeader("Prefer").about(\.cartResource),
    ]

    public static let policies: [Policy<CartParts>] =
        OrchestratedCheckout.policies.map { $0.of { $0.orchestrated } }
        + ChoreographedCheckout.policies.map { $0.of { $0.choreographed } }

    public static let jobs: [JobDeclaration<CartParts>] = [
        Sagas<CheckoutState>.job { $0.sagas },
        .job("expire checkouts") { $0.expiry },
        .loop("earlier checkouts") {
            try await $0.earlier.runRegularly(
                failure: "checkouts of an earlier version could not be filled in this time")
        },
        .loop("idempotency pruning") { try await $0.keys.pruneRegularly($0.database) },
    ]

    public static let sagas = [CheckoutSaga.definition(retry: .default, paymentPatience: .zero).outline]
}

/// The objects that routes, policies and jobs of the service call, wired to each other.
public final class CartParts: Sendable {
    let database: any Database
    let keys: IdempotencyStore
    let commands: Commands
    let cartResource: RestResource<Cart>
    let checkoutResource: RestResource<Checkout>
    let editing: EditCartHandler
    let checkingOut: CheckOutHandler
    let sagas: Sagas<CheckoutState>
    // Both are there whichever is chosen: checkouts that began before a change of the setting end as they began.
    let orchestrated: OrchestratedCheckout
    let choreographed: ChoreographedCheckout
    let expiry: Job<Checkout>
    let earlier: FieldFilling<Checkout>

    init(_ context: ServiceEnvironment, _ settings: CartSettings) throws {
        database = try context.database
        let carts = Repository<Cart>(database)
        let checkouts = try context.repository(of: Checkout.self)
        let watch = CheckoutWatch(loop: context.loop)
        let ending = CheckoutEnding(context: context, carts: carts, checkouts: checkouts, watch: watch)
        keys = IdempotencyStore(loop: context.loop, keeping: CartSettings.keyRetention)
        commands = Commands(context, keys: keys, lease: settings.wait + .seconds(5))
        cartResource = RestResource(carts, CartService.carts)
        checkoutResource = RestResource(checkouts, CartService.checkouts)
        sagas = try Sagas(
            CheckoutSaga.definition(retry: settings.sagas.retry, paymentPatience: settings.paymentPatience),
            context: context, settings: settings.sagas, ending: OrchestratedCheckout.ending(ending))
        orchestrated = OrchestratedCheckout(sagas: sagas)
        choreographed = ChoreographedCheckout(ending: ending)
        editing = EditCartHandler(
            context: context, carts: carts, resource: cartResource,
            prices: CartPrices(
                product: try context.client(for: "product", breaker: settings.breaker), timeout: settings.priceTimeout))
        checkingOut = CheckOutHandler(
            context: context, carts: carts, checkouts: checkouts,
            leader: settings.checkout == .orchestrated ? orchestrated : choreographed, watch: watch,
            cartResource: cartResource, answer: CheckoutAnswer(resource: checkoutResource), settings: settings)
        expiry = ending.expiry(after: settings.paymentPatience, every: settings.sagas.interval)
        // Without an expiry time, a choreographed checkout that an earlier version began would never end. Orchestrated
        // checkouts need none.
        earlier = FieldFilling(
            context, of: checkouts,
            among: [.equal("status", .text(Checkout.Status.running.rawValue)), .equal("expiryAt", .null)],
            needs: { $0.expiryAt != nil })
    }
}
