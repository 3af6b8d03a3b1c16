public import Configuration
import Contracts
import HTTP
import Idempotency
import Kernel
public import Messaging
import PaymentProviders
import REST
public import ServiceHost
public import Storage
import Webhooks

/// Payments: asks the provider once per step, whatever fails, books what moved, and tells how it ended. All that the
/// service answers stands on this page.
public struct PaymentService: ServiceDefinition {
    public static let name = "payment"
    public static let kind = ServiceKind.aggregation
    public static let port = 8085
    public static let summary = "payments, attempts, callbacks, refunds and the ledger"
    public static let calls = ["psp"]
    public static let publishes: [any EventPayload.Type] = [
        PaymentApproved.self, PaymentFailed.self, PaymentAuthorised.self, PaymentRefunded.self, PaymentCancelled.self,
    ]
    public static let externalSystems = ["payment provider"]
    public static let migrations = [
        Migration(
            1, "payments",
            [
                .create(Payment.collection.schema), .create(CallbackRecord.collection.schema),
                .create(LedgerEntry.collection.schema), .create(ReconciliationReport.collection.schema),
                .create(IdempotencyStore.collection.schema),
            ] + ServiceContext.migrationSteps),
        Migration(2, "tokens", [.create(PaymentTokens.Kept.collection.schema)]),
        Migration(3, "tasks", [.create(OperatorTask.collection.schema)]),
    ]

    private let settings: PaymentSettings

    public init(from section: Configuration) {
        settings = PaymentSettings(from: section)
    }

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let database = try context.database
        let payments = Repository<Payment>(database)
        let callbacks = Repository<CallbackRecord>(database)
        let ledger = Ledger(entries: Repository<LedgerEntry>(database), loop: context.loop)
        let reports = Repository<ReconciliationReport>(database)
        // A payment's key outlives everything: a repetition after a year is still one.
        let idempotency = IdempotencyStore(loop: context.loop, keeping: nil)
        let provider = try settings.provider.adapter(context, settings)
        let calls = PaymentCalls(atOnce: settings.unattendedCalls, on: context.loop)
        let tokens = PaymentTokens(kept: Repository(database))
        let step = PaymentStep(
            context: context, payments: payments, ledger: ledger, settings: settings, calls: calls,
            tokens: tokens)
        let acting = PaymentActing(
            context: context, payments: payments, callbacks: callbacks, idempotency: idempotency, provider: provider,
            step: step, settings: settings, calls: calls, tokens: tokens)
        let receiving = CallbackReceiving(
            context: context, payments: payments, callbacks: callbacks, provider: provider, step: step)
        let resolver = PaymentResolver(
            context: context, payments: payments, provider: provider, step: step, settings: settings,
            tokens: tokens)
        let reconciling = Reconciling(
            context: context, payments: payments, ledger: ledger, reports: reports, provider: provider,
            interval: settings.reconcileInterval)
        let tasks = try OperatorTasks(context, kinds: OperatorTaskKind.payment)
        let adjusting = Adjusting(context: context, payments: payments, ledger: ledger, idempotency: idempotency)

        return ServiceParts(
            routes: PaymentRoutes.resources(payments, ledger, reports)
                + PaymentRoutes.commands(acting, receiving, reconciling, adjusting, ledger)
                + tasks.routes(idempotency) { _, _, _ in },
            handlers: [
                .on(OrderPlaced.self, "ask for the payment") { try await acting.orderPlaced($0.order, in: $2) }
            ],
            background: [
                .init("calls") { await calls.run { await acting.perform($0) } },
                .init("resolver") { try await resolver.run() }, .init("reconciliation") { try await reconciling.run() },
                tasks.background,
            ])
    }
}
