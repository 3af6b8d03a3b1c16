public import Configuration
import HTTP
import Kernel
import PaymentProviders
import REST
public import ServiceHost
public import Storage

/// A payment provider that misbehaves on request: it repeats, delays, reorders and forges callbacks, loses answers after
/// it moved the money, fails, hangs and refuses. It keeps its own statement of what it moved.
///
/// It is spoken to in its own words (`/charges`), in Stripe's (`/v1`) and in Midtrans' (`/v2`), all over one book.
public struct ProviderSimulatorService: ServiceDefinition {
    public static let name = "psp"
    public static let kind = ServiceKind.simulator
    public static let port = 8099
    public static let summary = "a payment provider that misbehaves on request"
    public static let calls = ["payment"]
    public static let migrations = [
        Migration(
            1, "charges",
            [
                .create(SimulatedCharge.collection.schema), .create(PendingCallback.collection.schema),
                .create(StripeReply.collection.schema),
            ] + ServiceEnvironment.migrationSteps),
        Migration(2, "deferred steps", [.create(DeferredStep.collection.schema)]),
    ]

    private let settings: SimulatorSettings

    public init(from section: Configuration) {
        settings = SimulatorSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let database = try context.database
        let charges = Repository<SimulatedCharge>(database)
        let callbacks = Repository<PendingCallback>(database)
        let injector = FaultInjector(settings.faults, loop: context.loop)
        let dialects = try dialects(context)
        let trigger = JobTrigger<PendingCallback>()
        let queue = CallbackQueue(
            callbacks: callbacks, dialects: dialects, injector: injector, identifiers: context.identifiers,
            loop: context.loop, reorderWindow: settings.reorderWindow, trigger: trigger)
        let steps = DeferredSteps(
            steps: Repository<DeferredStep>(database), identifiers: context.identifiers, loop: context.loop,
            trigger: JobTrigger())
        let cashier = Cashier(
            context: context,
            book: ChargeBook(charges: charges, identifiers: context.identifiers, loop: context.loop), queue: queue,
            steps: steps, injector: injector, settleAfter: settings.midtrans.settleAfter)
        let exchange = FaultyExchange(injector: injector, loop: context.loop, settings: settings)
        let statement = RestResource(
            charges, item: "charge", path: "/statement", searches: [.init("findByOrderId", by: "orderId")])
        let charging = Charging(
            cashier: cashier, exchange: exchange, charges: charges, confirmation: settings.confirmation)
        let stripe = StripeDialect(
            settings: settings.stripe, cashier: cashier, exchange: exchange, charges: charges,
            replies: Repository<StripeReply>(database))
        let midtrans = MidtransDialect(
            settings: settings.midtrans, cashier: cashier, exchange: exchange, charges: charges)
        let sending = SendCallbacks(
            context: context, callbacks: callbacks, dialects: dialects, injector: injector, trigger: trigger)

        return ServiceParts(
            routes: statement.routes + charging.routes + Movements(charges: charges).routes
                + FaultRoutes(injector: injector).routes + ProviderMoves(cashier: cashier, charges: charges).routes
                + (stripe.routes + midtrans.routes).map { $0.errorContentType("application/json") },
            background: [
                sending.job.background,
                TakeDeferredSteps(context: context, cashier: cashier, steps: steps).job.background,
            ])
    }

    private func dialects(_ context: ServiceEnvironment) throws -> CallbackDialects {
        func target(_ name: String, _ url: String? = nil) throws -> CallbackTarget {
            try CallbackTarget(url, path: "/api/payments/callbacks/" + name, in: context)
        }
        return CallbackDialects(dialects: [
            .simulator: SimulatorCallbacks(
                target: try target("simulator"), secret: try context.webhookSecret("psp")),
            .stripe: StripeCallbacks(
                target: try target("stripe", settings.stripe.webhookURL), secret: settings.stripe.webhookSecret),
            .midtrans: MidtransCallbacks(
                target: try target("midtrans", settings.midtrans.notificationURL),
                serverKey: settings.midtrans.serverKey),
        ])
    }
}
