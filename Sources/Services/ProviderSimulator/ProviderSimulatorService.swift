public import Configuration
import HTTP
import Kernel
import PaymentProviders
import REST
public import ServiceHost
public import Storage

/// A payment provider that misbehaves on request: it repeats, delays and forges callbacks, loses answers after it took
/// the money, fails and refuses. It keeps its own statement of what it charged.
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

    private let faults: Faults
    private let lostReplyDelay: Duration

    public init(from section: Configuration) {
        faults = Faults(from: section.section("faults"))
        lostReplyDelay = section.duration("lostReplyDelay", default: .seconds(10))
    }

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let charges = Repository<SimulatedCharge>(try context.database)
        let callbacks = Repository<PendingCallback>(try context.database)
        let injector = FaultInjector(faults, loop: context.loop)
        let wake = Signal()
        let charging = Charging(
            context: context, charges: charges, callbacks: callbacks, injector: injector, wake: wake,
            lostReplyDelay: lostReplyDelay)
        let sending = CallbackSending(
            context: context, charges: charges, callbacks: callbacks, injector: injector,
            payment: try context.peer("payment"), secret: try context.webhookSecret("psp"), wake: wake)
        let statement = RestResource(
            charges, item: "charge", path: "/statement", searches: [.init("findByOrderId", by: "orderId")])

        return ServiceParts(
            routes: statement.routes + [
                .post(
                    "/charges", summary: "Charges, once per Idempotency-Key", body: SimulatorChargeRequest.self,
                    answers: SimulatorCharge.self, statuses: [201, 402, 422]
                ) { request, command in try await charging.charge(request, command) },
                Route(.get, "/charges", summary: "Finds a charge by its key", answers: SimulatorCharge.self) {
                    request in
                    try await find(request, in: charges)
                },
                Route(.get, "/admin/faults", summary: "Shows the faults in force", answers: Faults.self) { _ in
                    try .json(injector.faults)
                },
                Route(
                    .patch, "/admin/faults", summary: "Changes the faults that are given", body: FaultsChange.self,
                    answers: Faults.self
                ) { request in
                    let changed = try request.decode(FaultsChange.self).applied(to: injector.faults)
                    let problems = changed.problems.map { Problem.Field(field: $0.field, message: $0.message) }
                    guard problems.isEmpty else { throw Problem.invalid(problems) }
                    injector.faults = changed
                    return try .json(changed)
                },
            ],
            background: [.init("callbacks") { try await sending.run() }])
    }

    private func find(_ request: Request, in charges: Repository<SimulatedCharge>) async throws -> Response {
        guard let key = request.query["idempotencyKey"] else { throw Problem.invalid("idempotencyKey", "is required") }
        guard let charge = try await charges.first(where: [Condition("idempotencyKey", .equal, .text(key))]) else {
            throw Problem.notFound("a charge with that key")
        }
        return try .json(charge.message(status: charge.status))
    }
}
