public import Configuration
import Contracts
import HTTP
import Idempotency
import PaymentProviders
import REST
public import ServiceHost
public import Storage
import Webhooks

/// Payments: asks the provider once per order, whatever fails, and tells how it ended. All that the service answers
/// stands on this page.
public struct PaymentService: ServiceDefinition {
    public static let name = "payment"
    public static let kind = ServiceKind.aggregation
    public static let port = 8085
    public static let summary = "payments, attempts and provider callbacks"
    public static let calls = ["psp"]
    public static let migrations = [
        Migration(
            1, "payments",
            [
                .create(Payment.collection.schema), .create(CallbackRecord.collection.schema),
                .create(IdempotencyStore.collection.schema),
            ] + ServiceContext.migrationSteps)
    ]

    private let settings: PaymentSettings

    public init(from section: Configuration) {
        settings = PaymentSettings(from: section)
    }

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let payments = Repository<Payment>(try context.database)
        let callbacks = Repository<CallbackRecord>(try context.database)
        let provider = SimulatorProvider(
            peer: try context.peer("psp"), secret: try context.webhookSecret("psp"), timeout: settings.providerTimeout)
        let step = PaymentStep(context: context, payments: payments)
        let requesting = PaymentRequesting(
            context: context, payments: payments,
            // A payment's key outlives everything: a repetition after a year is still one.
            idempotency: IdempotencyStore(loop: context.loop, keeping: nil),
            provider: provider, step: step, settings: settings)
        let receiving = CallbackReceiving(
            context: context, payments: payments, callbacks: callbacks, provider: provider, step: step)
        let resolver = PaymentResolver(
            context: context, payments: payments, provider: provider, step: step, settings: settings)
        let resource = RestResource(payments, item: "payment", searches: [.init("findByOrderId", by: "orderId")])

        return ServiceParts(
            routes: resource.routes + [
                .post(
                    PaymentAPI.path, summary: "Requests the payment of an order, once per Idempotency-Key",
                    body: RequestPayment.self, answers: PaymentReceipt.self, statuses: [201, 202, 409, 422]
                ) { request, command in try await requesting.request(request, command) },
                Route(
                    .post, PaymentAPI.path + "/callbacks/{provider}", summary: "Takes a provider's signed callback",
                    statuses: [204, 401]
                ) { request in try await receiving.receive(request) },
            ],
            background: [.init("resolver") { try await resolver.run() }])
    }
}
