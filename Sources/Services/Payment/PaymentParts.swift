import Idempotency
import Kernel
import PaymentProviders
import REST
import ServiceHost
import Storage

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
    let receiving: CallbackReceiving
    let adjusting: AdjustLedger
    let resolvingTasks: ResolveTask
    // Jobs
    let calls: PaymentCalls
    let executor: AttemptExecutor
    let resolving: ResolvePayments
    let matching: MatchCallbacks
    let reconciling: Reconciling
    let filling: FillFields<Payment>
    let fillingLedger: FillFields<LedgerEntry>

    init(_ context: ServiceEnvironment, _ settings: PaymentSettings) throws {
        let database = try context.database
        let payments = try context.repository(of: Payment.self)
        let callbacks = Repository<CallbackRecord>(database)
        let reports = Repository<ReconciliationReport>(database)
        let states = Repository<JobState>(database)
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
        receiving = CallbackReceiving(context: context, callbacks: callbacks, provider: provider, matching: matching)
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
        filling = FillFields(
            context: context, records: payments, states: states, name: "fill payments.reference"
        ) { $0.reference != nil }
        fillingLedger = FillFields(
            context: context, records: ledger.entries, states: states, name: "fill ledger.movedAt"
        ) { $0.account == .providerReceivable }
    }
}
