public import Configuration
import HTTP
import Kernel
import PaymentProviders
import REST
public import ServiceHost
public import Storage

/// A payment provider that misbehaves on request: it repeats, delays, reorders and forges callbacks, loses answers after
/// it moved the money, fails, hangs and refuses. It keeps its own statement of what it moved.
public struct ProviderSimulatorService: ServiceDefinition {
    public static let name = "psp"
    public static let kind = ServiceKind.simulator
    public static let port = 8099
    public static let summary = "a payment provider that misbehaves on request"
    public static let calls = ["payment"]
    public static let migrations = [
        Migration(
            1, "charges",
            [.create(SimulatedCharge.collection.schema), .create(PendingCallback.collection.schema)]
                + ServiceContext.migrationSteps)
    ]

    private let settings: SimulatorSettings

    public init(from section: Configuration) {
        settings = SimulatorSettings(from: section)
    }

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let database = try context.database
        let charges = Repository<SimulatedCharge>(database)
        let callbacks = Repository<PendingCallback>(database)
        let injector = FaultInjector(settings.faults, loop: context.loop)
        let wake = Signal()
        let dialects = CallbackDialects(dialects: [
            .simulator: SimulatorCallbacks(
                target: CallbackTarget(peer: try context.peer("payment"), path: "/api/payments/callbacks/simulator"),
                secret: try context.webhookSecret("psp"))
        ])
        let queue = CallbackQueue(
            callbacks: callbacks, dialects: dialects, injector: injector, identifiers: context.identifiers,
            loop: context.loop, reorderWindow: settings.reorderWindow, wake: wake)
        let book = ChargeBook(charges: charges, identifiers: context.identifiers, loop: context.loop)
        let charging = Charging(
            cashier: Cashier(context: context, book: book, queue: queue),
            exchange: FaultyExchange(injector: injector, loop: context.loop, settings: settings), charges: charges,
            confirmation: settings.confirmation)
        let statement = RestResource(
            charges, item: "charge", path: "/statement", searches: [.init("findByOrderId", by: "orderId")])
        let sending = CallbackSending(
            context: context, callbacks: callbacks, dialects: dialects, injector: injector, wake: wake)

        return ServiceParts(
            routes: statement.routes + charging.routes + FaultRoutes(injector: injector).routes,
            background: [.init("callbacks") { try await sending.run() }])
    }
}
