public import Configuration
import Contracts
import HTTP
import Idempotency
import Kernel
public import Messaging
package import PaymentProviders
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
        PaymentRefundFailed.self, PaymentDisputed.self,
    ]
    public static let externalSystems = ["payment provider"]
    public static let migrations = [
        Migration(
            1, "payments",
            [
                .create(Payment.collection.schema.without("reference")),
                .create(CallbackRecord.collection.schema.without("retryAt")),
                .create(LedgerEntry.collection.schema.without("movedAt")),
                .create(ReconciliationReport.collection.schema),
                .create(IdempotencyStore.collection.schema),
            ] + ServiceEnvironment.migrationSteps),
        Migration(2, "tokens", [.create(PaymentTokens.Kept.collection.schema)]),
        Migration(3, "tasks", [.create(OperatorTask.collection.schema)]),
        Migration(
            4, "movements",
            [
                .addField(Payment.collection.schema.field("reference"), to: Payment.collection.name),
                .addField(CallbackRecord.collection.schema.field("retryAt"), to: CallbackRecord.collection.name),
                .addField(LedgerEntry.collection.schema.field("movedAt"), to: LedgerEntry.collection.name),
                .create(JobState.collection.schema), .create(ReconciliationDifference.collection.schema),
            ]),
    ]

    private var settings: PaymentSettings

    public init(from section: Configuration) {
        settings = PaymentSettings(from: section)
    }

    /// With a provider that the configuration cannot name.
    package init(from section: Configuration, provider: any PaymentProvider) {
        self.init(from: section)
        settings.provider = .given(provider)
    }

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let database = try context.database
        let payments = try context.repository(of: Payment.self)
        let callbacks = Repository<CallbackRecord>(database)
        let ledger = Ledger(entries: Repository<LedgerEntry>(database), loop: context.loop)
        let reports = Repository<ReconciliationReport>(database)
        // A payment's key outlives everything: a repetition after a year is still one.
        let idempotency = IdempotencyStore(loop: context.loop, keeping: nil)
        let provider = try settings.provider.adapter(context, settings)
        let background = try settings.provider.adapter(context, settings, inBackground: true)
        let calls = PaymentCalls(atOnce: settings.unattendedCalls, on: context.loop)
        let tokens = PaymentTokens(kept: Repository(database))
        let tasks = try OperatorTasks(context, kinds: OperatorTaskKind.payment)
        let step = PaymentStep(
            context: context, payments: payments, ledger: ledger, settings: settings, calls: calls,
            tokens: tokens, tasks: tasks)
        let matching = CallbackMatching(
            context: context, payments: payments, callbacks: callbacks, step: step, settings: settings)
        let commands = Commands(
            context, keys: idempotency, lease: settings.callLimit + .seconds(2), lostLease: .keepsWork)
        let executor = AttemptExecutor(
            context: context, commands: commands, payments: payments, provider: provider,
            backgroundProvider: background, step: step, settings: settings, tokens: tokens)
        let request = RequestPaymentHandler(executor: executor, matching: matching, calls: calls)
        let capture = CapturePaymentHandler(
            executor: executor, resource: RestResource(payments, item: "payment"))
        let cancel = CancelPaymentHandler(executor: executor, matching: matching, calls: calls)
        let receiving = CallbackReceiving(
            context: context, callbacks: callbacks, provider: provider, matching: matching)
        let resolving = ResolvePayments(
            context: context, payments: payments, provider: background, step: step, settings: settings,
            tokens: tokens)
        let tasksResolving = ResolvingTasks(
            context: context, payments: payments, step: step, matching: matching, settings: settings)
        let states = Repository<JobState>(database)
        let filling = FillFields(
            context: context, records: payments, states: states, name: "fill payments.reference"
        ) { $0.reference != nil }
        let fillingLedger = FillFields(
            context: context, records: ledger.entries, states: states, name: "fill ledger.movedAt"
        ) { $0.account == .providerReceivable }
        let differences = DifferenceBook(context: context, differences: Repository(database))
        let windows = WindowReconciling(
            context: context, payments: payments, ledger: ledger, provider: background, step: step,
            book: differences, settings: settings)
        let reconciling = Reconciling(
            context: context, payments: payments, ledger: ledger, reports: reports, states: states,
            differences: differences, windows: windows, settings: settings)
        let adjusting = AdjustLedger(
            context: context, payments: payments, ledger: ledger, differences: differences)

        return ServiceParts(
            routes: PaymentRoutes.resources(payments, ledger, reports, differences)
                + [PaymentRoutes.receipt(of: payments)] + PaymentRoutes.commands(commands, request, capture, cancel)
                + PaymentRoutes.books(
                    Commands(context, keys: idempotency), receiving, reconciling, adjusting, ledger)
                + tasks.routes(idempotency) { try await tasksResolving.perform($0, $1, in: $2) },
            handlers: [
                .on(OrderPlaced.self, "ask for the payment") { try await request.orderPlaced($0.order, in: $2) }
            ],
            background: [
                .init("calls") { await calls.run { await executor.perform($0) } },
                resolving.job.background, .init("reconciliation") { try await reconciling.run() },
                matching.job.background, tasks.background,
                .init("fill payments") { try await filling.run() },
                .init("fill ledger") { try await fillingLedger.run() },
            ])
    }
}

extension CollectionSchema {
    /// As it was before a migration that adds the field.
    fileprivate func without(_ field: String) -> CollectionSchema {
        CollectionSchema(name: name, fields: fields.filter { $0.name != field })
    }

    fileprivate func field(_ name: String) -> FieldSchema {
        guard let field = fields.first(where: { $0.name == name }) else {
            preconditionFailure("\(self.name) declares no \(name)")
        }
        return field
    }
}
