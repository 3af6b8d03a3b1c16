public import Configuration
import Contracts
import HTTP
import Idempotency
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// Orders and their life cycle. All that it answers and listens to stands on this page.
public struct OrderService: ServiceDefinition {
    public static let name = "order"
    public static let kind = ServiceKind.persistence
    public static let port = 8084
    public static let summary = "orders and their life cycle"
    public static let calls = ["payment"]
    public static let publishes: [any EventPayload.Type] = [
        OrderPlaced.self, OrderRejected.self, OrderPaid.self, OrderPaymentFailed.self, OrderRefunded.self,
        OrderCancelled.self,
    ]
    public static let migrations = [
        Migration(
            1, "orders",
            [.create(Order.collection.schema)] + ServiceContext.migrationSteps + [
                .create(IdempotencyStore.collection.schema)
            ])
    ]

    private let settings: OrderSettings

    public init(from section: Configuration) {
        settings = OrderSettings(from: section)
    }

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let database = try context.database
        let orders = Repository<Order>(database)
        let resource = RestResource(
            orders, item: "order",
            searches: [.init("findByStatus", by: "status"), .init("findByBranchId", by: "branchId")])
        let idempotency = IdempotencyStore(loop: context.loop)
        let payment = OrderPayment(
            context: context, orders: orders,
            call: PaymentCall(
                payment: try context.peer("payment", breaker: settings.breaker), timeout: settings.paymentTimeout))
        let placing = OrderPlacing(
            context: context, orders: orders,
            idempotency: idempotency, payment: payment, resource: resource, settings: settings)
        let events = PaymentEventHandlers(context: context, orders: orders, payment: payment)
        let settler = PaymentSettler(context: context, orders: orders, payment: payment, settings: settings)

        return ServiceParts(
            routes: resource.routes + [
                .post(
                    "/orders", summary: "Places an order and asks for its payment", body: PlaceOrder.self,
                    answers: Order.self, statuses: [201, 202, 402, 409, 422]
                ) { request, command in try await placing.place(request, command) }
            ],
            handlers: [
                .on(PaymentApproved.self) { try await events.approved($0, $1, in: $2) },
                .on(PaymentRefunded.self) { try await events.refunded($0, $1, in: $2) },
                .on(PaymentFailed.self) { try await events.failed($0, $1, in: $2) },
            ],
            background: [.init("idempotency pruning") { try await idempotency.pruneRegularly(database) }]
                // What is only accepted is not settled either.
                + (settings.payment == .off ? [] : [.init("payment settler") { try await settler.run() }]))
    }
}
