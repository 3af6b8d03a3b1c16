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

/// Payments: asks the provider once per step, whatever fails, books what moved, and tells how it ended. All that the
/// service answers and listens to stands on this page.
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

    public func parts(_ context: ServiceEnvironment) throws -> PaymentParts { try PaymentParts(context, settings) }
}

extension PaymentService {
    static let payments = ResourceDeclaration<Payment>(
        "payment",
        searches: [
            .init("findByOrderId", by: "orderId"), .init("findByStatus", by: "status"),
            .init("findByReference", by: "reference"),
        ])
    static let ledger = ResourceDeclaration<LedgerEntry>(
        "ledgerEntry", path: "/api/ledger", searches: [.init("findByPaymentId", by: "paymentId")])
    static let reports = ResourceDeclaration<ReconciliationReport>("reconciliation", path: "/api/reconciliations")
    static let differences = ResourceDeclaration<ReconciliationDifference>(
        "difference", path: "/api/differences",
        searches: [.init("findByState", by: "state"), .init("findByOrderId", by: "orderId")])

    public static let routes: [RouteDeclaration<PaymentParts>] =
        payments.routes { $0.resource } + ledger.routes { $0.ledgerResource } + reports.routes { $0.reportResource }
        + differences.routes { $0.differenceResource } + commands + books
        + OperatorTasks.routes(of: \.tasks, by: \.bookCommands) {
            try await $0.resolvingTasks.perform($1, $2, in: $3)
        }

    private static let commands: [RouteDeclaration<PaymentParts>] = [
        .command(
            PaymentAPI.path, summary: "Requests the payment of an order, once per Idempotency-Key",
            body: RequestPayment.self, answers: PaymentReceipt.self, statuses: [201, 202, 409, 422],
            key: .requiredOfServices, by: \.commands
        ) { try await $0.requesting.request($1, $2) },
        .command(
            PaymentAPI.cancellations, summary: "Gives back all that was taken or reserved for an order",
            body: CancelPayment.self, answers: PaymentCancellation.self, statuses: [200, 409, 422],
            key: .requiredOfServices, by: \.commands
        ) { try await $0.cancelling.cancel($1, $2) },
        step("captures", .capture, "Takes money that was reserved"),
        step("voids", .void, "Gives up a reservation"),
        step("refunds", .refund, "Gives back some or all of what was captured"),
        .post(
            PaymentAPI.path + "/callbacks/{provider}", summary: "Takes a provider's signed callback",
            statuses: [200, 204, 401, 503]
        ) { try await $0.receiving.receive($1) },
        .get(
            PaymentAPI.payment(orderId: "{orderId}"), summary: "Shows the payment of an order as it is now",
            answers: PaymentReceipt.self, statuses: [200, 404]
        ) { try await $0.requesting.show($1) },
    ]

    private static func step(
        _ path: String, _ action: ProviderAction, _ summary: String
    ) -> RouteDeclaration<PaymentParts> {
        .command(
            PaymentAPI.path + "/{id}/" + path, summary: summary, optionalBody: CapturePaymentHandler.Amount.self,
            answers: PaymentReceipt.self, statuses: [201, 202, 409, 422], key: .requiredOfServices,
            by: \.commands
        ) { try await $0.capturing.act(action, $1, $2) }
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
        ) { try await $0.adjusting.adjust($1, $2) },
        .post(
            "/api/reconciliations", summary: "Compares payments, ledger and the provider's statement now",
            answers: ReconciliationReport.self, statuses: [201, 202]
        ) { try await $0.reconciling.request($1) },
        .post(
            "/api/differences/{id}/explanation", summary: "Says why a difference is as it is",
            body: DifferenceBook.Explanation.self, answers: ReconciliationDifference.self,
            statuses: [200, 404, 409, 412]
        ) { try await $0.differences.explain($1, $2) },
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
        .loop("fill payments") { try await $0.filling.run() },
        .loop("fill ledger") { try await $0.fillingLedger.run() },
    ]
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
