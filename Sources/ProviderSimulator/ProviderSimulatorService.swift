public import Configuration
public import HTTP
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

    public func parts(_ context: ServiceEnvironment) throws -> SimulatorParts { try SimulatorParts(context, settings) }

    static let statement = ResourceDeclaration<SimulatedCharge>(
        "charge", path: "/statement", searches: [.init("findByOrderId", by: "orderId")],
        visibility: .operators)

    public static let routes: [RouteDeclaration<SimulatorParts>] =
        statement.routes { $0.statement } + own.map { $0.open(to: .operators) }
        + (StripeDialect.routes.map { $0.of { $0.stripe } } + MidtransDialect.routes.map { $0.of { $0.midtrans } })
        .map { $0.errorContentType("application/json").open(to: .operators) }.notAuditingWrites(because: providers)

    private static let providers =
        "the interface of a payment provider: the shop's side of it is audited where it is begun"

    private static let own: [RouteDeclaration<SimulatorParts>] =
        charging.notAuditingWrites(because: providers) + Movements.routes.map { $0.of { $0.movements } }
        + FaultRoutes.routes.map { $0.of { $0.faults } } + ProviderMoves.routes.map { $0.of { $0.moves } }

    private static let charging: [RouteDeclaration<SimulatorParts>] = Charging.routes.map { $0.of { $0.charging } }

    public static let jobs: [JobDeclaration<SimulatorParts>] = [
        .job("send callbacks") { $0.sending.job }, .job("take deferred steps") { $0.deferred.job },
    ]
}

/// The objects that the routes and jobs of the simulator call, wired to each other.
public final class SimulatorParts: Sendable {
    let statement: RestResource<SimulatedCharge>
    let charging: Charging
    let movements: Movements
    let faults: FaultRoutes
    let moves: ProviderMoves
    let stripe: StripeDialect
    let midtrans: MidtransDialect
    let sending: SendCallbacks
    let deferred: TakeDeferredSteps

    init(_ context: ServiceEnvironment, _ settings: SimulatorSettings) throws {
        let database = try context.database
        let charges = Repository<SimulatedCharge>(database)
        let callbacks = Repository<PendingCallback>(database)
        let injector = FaultInjector(settings.faults, loop: context.loop)
        let dialects = try Self.dialects(context, settings)
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
        statement = RestResource(charges, ProviderSimulatorService.statement)
        charging = Charging(
            cashier: cashier, exchange: exchange, charges: charges, confirmation: settings.confirmation)
        movements = Movements(charges: charges)
        faults = FaultRoutes(injector: injector, context: context)
        moves = ProviderMoves(cashier: cashier, charges: charges)
        stripe = StripeDialect(
            settings: settings.stripe, cashier: cashier, exchange: exchange, charges: charges,
            replies: Repository<StripeReply>(database))
        midtrans = MidtransDialect(
            settings: settings.midtrans, cashier: cashier, exchange: exchange, charges: charges)
        sending = SendCallbacks(
            context: context, callbacks: callbacks, dialects: dialects, injector: injector, trigger: trigger)
        deferred = TakeDeferredSteps(context: context, cashier: cashier, steps: steps)
    }

    private static func dialects(
        _ context: ServiceEnvironment, _ settings: SimulatorSettings
    ) throws -> CallbackDialects {
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
