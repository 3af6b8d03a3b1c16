public import Configuration
import Contracts
public import HTTP
import Idempotency
import Kernel
public import Messaging
package import PaymentProviders
import REST
public import ServiceHost
public import Storage
import Webhooks

/// The payment service: requests each step from the provider once, whatever fails, books the movements, and publishes the
/// outcome. This page declares everything that the service answers and listens to.
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
                .create(Payment.collection.schema.without(["reference"] + Ownership.fields)),
                .create(CallbackRecord.collection.schema.without(["retryAt"])),
                .create(LedgerEntry.collection.schema.without(["movedAt"])),
                .create(ReconciliationReport.collection.schema),
                .create(IdempotencyStore.collection.schema),
            ] + ServiceEnvironment.migrationSteps),
        Migration(2, "tokens", [.create(PaymentTokens.Kept.collection.schema)]),
        Migration(3, "tasks", [.create(OperatorTask.collection.schema)]),
        Migration(
            4, "movements",
            [
                .addField("reference", of: Payment.collection.schema),
                .addField("retryAt", of: CallbackRecord.collection.schema),
                .addField("movedAt", of: LedgerEntry.collection.schema),
                .create(JobState.collection.schema), .create(ReconciliationDifference.collection.schema),
            ]),
        Migration(5, "whose a payment is", Ownership.steps(of: Payment.collection.schema)),
    ]

    private var settings: PaymentSettings

    public init(from section: Configuration) {
        settings = PaymentSettings(from: section)
    }

    /// Makes a service with a provider that the configuration cannot name.
    package init(from section: Configuration, provider: any PaymentProvider) {
        self.init(from: section)
        settings.provider = .given(provider)
    }

    public func parts(_ context: ServiceEnvironment) throws -> PaymentParts { try PaymentParts(context, settings) }
}

extension PaymentService {
    static let payments = ResourceDeclaration<Payment>(
        "payment",
        searches: [
            .init("findByOrderId", by: "orderId"), .init("findByStatus", by: "status"),
            .init("findByReference", by: "reference"),
        ], visibility: .owned(by: \.owner))
    static let ledger = ResourceDeclaration<LedgerEntry>(
        "ledgerEntry", path: "/api/ledger", searches: [.init("findByPaymentId", by: "paymentId")],
        visibility: .operators)
    static let reports = ResourceDeclaration<ReconciliationReport>(
        "reconciliation", path: "/api/reconciliations", visibility: .operators)
    static let differences = ResourceDeclaration<ReconciliationDifference>(
        "difference", path: "/api/differences",
        searches: [.init("findByState", by: "state"), .init("findByOrderId", by: "orderId")],
        visibility: .operators)

    public static let routes: [RouteDeclaration<PaymentParts>] =
        payments.routes { $0.resource } + ledger.routes { $0.ledgerResource } + reports.routes { $0.reportResource }
        + differences.routes { $0.differenceResource } + commands.map { $0.open(to: .operators) } + callbacks
        + books.map { $0.open(to: .operators) }
        + OperatorTasks.routes(of: \.tasks, by: \.bookCommands) {
            try await $0.resolvingTasks.perform($1, $2, in: $3)
        }

    private static let commands: [RouteDeclaration<PaymentParts>] = [
        .command(
            PaymentAPI.path, summary: "Requests the payment of an order, once per Idempotency-Key",
            body: RequestPayment.self, answers: PaymentReceipt.self, statuses: [201, 202, 409, 422],
            key: .requiredOfServices, by: \.commands
        ) { try await $0.requesting.request($1, $2) }
        .notAudited(because: "a step of an order; the event log has every payment"),
        .command(
            PaymentAPI.cancellations, summary: "Gives back all that was taken or reserved for an order",
            body: CancelPayment.self, answers: PaymentCancellation.self, statuses: [200, 409, 422],
            key: .requiredOfServices, by: \.commands
        ) { try await $0.cancelling.cancel($1, $2) }
        .auditedForCallers(as: "payment.cancel"),
        step("captures", .capture, "Takes money that was reserved"),
        step("voids", .void, "Gives up a reservation"),
        step("refunds", .refund, "Gives back some or all of what was captured"),
        .get(
            PaymentAPI.payment(orderId: "{orderId}"), summary: "Shows the payment of an order as it is now",
            answers: PaymentReceipt.self, statuses: [200, 404]
        ) { try await $0.requesting.show($1) },
    ]

    private static let callbacks: [RouteDeclaration<PaymentParts>] = [
        .post(
            PaymentAPI.path + "/callbacks/{provider}", summary: "Takes a provider's signed callback",
            statuses: [200, 204, 401, 503]
        ) { try await $0.receiving.receive($1) }
        // Its signature says from whom it is.
        .open(to: .everyone)
        .notAudited(because: "told by the provider and signed; callbacks are stored")
    ]

    private static func step(
        _ path: String, _ action: ProviderAction, _ summary: String
    ) -> RouteDeclaration<PaymentParts> {
        .command(
            PaymentAPI.path + "/{id}/" + path, summary: summary, optionalBody: CapturePaymentHandler.Amount.self,
            answers: PaymentReceipt.self, statuses: [201, 202, 409, 422], key: .requiredOfServices,
            by: \.commands
        ) { try await $0.capturing.act(action, $1, $2) }
        .audited(as: "payment." + action.rawValue)
    }

    private static let books: [RouteDeclaration<PaymentParts>] = [
        .get(
            "/api/ledger/trial-balance", summary: "Sums every account; the sums of all are zero",
            answers: TrialBalance.self
        ) { payment, _ in try .json(try await payment.ledger.trialBalance()) },
        .command(
            "/api/ledger/adjustments", summary: "Books a correction that a person decided",
            body: AdjustLedger.Command.self, answers: [LedgerEntry].self, statuses: [201, 409, 422],
            key: .requiredOfServices, by: \.bookCommands
        ) { try await $0.adjusting.adjust($1, $2) }
        .audited(as: "ledger.adjust"),
        .post(
            "/api/reconciliations", summary: "Compares payments, ledger and the provider's statement now",
            answers: ReconciliationReport.self, statuses: [201, 202]
        ) { try await $0.reconciling.request($1) }
        .audited(as: "reconciliation.run"),
        .post(
            "/api/differences/{id}/explanation", summary: "Says why a difference is as it is",
            body: DifferenceBook.Explanation.self, answers: ReconciliationDifference.self,
            statuses: [200, 404, 409, 412]
        ) { try await $0.differences.explain($1, $2) }
        .audited(as: "difference.explain"),
    ]

    public static let policies: [Policy<PaymentParts>] = [
        .on(OrderPlaced.self, "ask for the payment") { try await $0.requesting.orderPlaced($1.order, in: $3) }
    ]

    public static let jobs: [JobDeclaration<PaymentParts>] = [
        .loop("calls") { payment in await payment.calls.run { await payment.executor.perform($0) } },
        .job("resolve payments") { $0.resolving.job },
        .loop("reconciliation") { try await $0.reconciling.run() },
        .job("match callbacks") { $0.matching.job },
        OperatorTasks.job { $0.tasks },
        .loop("fill payments") { try await $0.filling.runOnce(named: "fill payments.reference", progress: $0.states) },
        .loop("fill ledger") { try await $0.fillingLedger.runOnce(named: "fill ledger.movedAt", progress: $0.states) },
    ]
}

/// The objects that routes, policies and jobs of `PaymentService` call, wired to each other and to their environment.
public final class PaymentParts: Sendable {
    let resource: RestResource<Payment>
    let ledgerResource: RestResource<LedgerEntry>
    let reportResource: RestResource<ReconciliationReport>
    let differenceResource: RestResource<ReconciliationDifference>
    let ledger: Ledger
    let differences: DifferenceBook
    let tasks: OperatorTasks
    // Commands
    let commands: Commands
    let bookCommands: Commands
    let requesting: RequestPaymentHandler
    let capturing: CapturePaymentHandler
    let cancelling: CancelPaymentHandler
    let receiving: ReceiveCallback
    let adjusting: AdjustLedger
    let resolvingTasks: ResolveTask
    // Jobs
    let calls: PaymentCalls
    let executor: AttemptExecutor
    let resolving: ResolvePayments
    let matching: MatchCallbacks
    let reconciling: Reconciling
    let states: Repository<JobState>
    let filling: FieldFilling<Payment>
    let fillingLedger: FieldFilling<LedgerEntry>

    init(_ context: ServiceEnvironment, _ settings: PaymentSettings) throws {
        let database = try context.database
        let payments = try context.repository(of: Payment.self)
        let callbacks = Repository<CallbackRecord>(database)
        let reports = Repository<ReconciliationReport>(database)
        states = Repository<JobState>(database)
        ledger = Ledger(entries: Repository<LedgerEntry>(database), loop: context.loop)
        differences = DifferenceBook(context: context, differences: Repository(database))
        tasks = try OperatorTasks(context, kinds: OperatorTaskKind.payment)
        resource = RestResource(payments, PaymentService.payments)
        ledgerResource = RestResource(ledger.entries, PaymentService.ledger)
        reportResource = RestResource(reports, PaymentService.reports)
        differenceResource = RestResource(differences.differences, PaymentService.differences)

        let provider = try settings.provider.adapter(context, settings)
        let background = try settings.provider.adapter(context, settings, inBackground: true)
        calls = PaymentCalls(atOnce: settings.unattendedCalls, on: context.loop)
        let tokens = PaymentTokens(kept: Repository(database))
        let step = PaymentStep(
            context: context, payments: payments, ledger: ledger, settings: settings, calls: calls,
            tokens: tokens, tasks: tasks)
        matching = MatchCallbacks(
            context: context, payments: payments, callbacks: callbacks, step: step, settings: settings)

        // A payment's key outlives everything: a repetition after a year is still one.
        let keys = IdempotencyStore(loop: context.loop, keeping: nil)
        commands = Commands(context, keys: keys, lease: settings.callLimit + .seconds(2), lostLease: .keepsWork)
        bookCommands = Commands(context, keys: keys)
        executor = AttemptExecutor(
            context: context, commands: commands, payments: payments, provider: provider,
            backgroundProvider: background, step: step, settings: settings, tokens: tokens)
        requesting = RequestPaymentHandler(executor: executor, matching: matching, calls: calls)
        capturing = CapturePaymentHandler(executor: executor, resource: resource)
        cancelling = CancelPaymentHandler(executor: executor, matching: matching, calls: calls)
        receiving = ReceiveCallback(context: context, callbacks: callbacks, provider: provider, matching: matching)
        adjusting = AdjustLedger(context: context, payments: payments, ledger: ledger, differences: differences)
        resolvingTasks = ResolveTask(
            context: context, payments: payments, step: step, matching: matching, settings: settings)

        resolving = ResolvePayments(
            context: context, payments: payments, provider: background, step: step, settings: settings,
            tokens: tokens)
        reconciling = Reconciling(
            context: context, payments: payments, ledger: ledger, reports: reports, states: states,
            differences: differences,
            windows: WindowReconciling(
                context: context, payments: payments, ledger: ledger, provider: background, step: step,
                book: differences, settings: settings), settings: settings)
        filling = FieldFilling(context, of: payments, needs: { $0.reference != nil })
        fillingLedger = FieldFilling(context, of: ledger.entries, needs: { $0.account == .providerReceivable })
    }
}
