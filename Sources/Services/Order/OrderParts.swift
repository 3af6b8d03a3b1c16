import HTTP
import Idempotency
import Kernel
import REST
import Saga
import ServiceHost
import Storage

/// The parts that the routes, policies and jobs of `OrderService` call, wired to each other and to their environment.
public final class OrderParts: Sendable {
    let orders: Repository<Order>
    let resource: RestResource<Order>
    let tasks: OperatorTasks
    let cancellations: Sagas<CancellationState>
    let refunds: Sagas<RefundState>
    let cancelling: Cancelling
    // Commands
    let keys: IdempotencyStore
    let placeCommands: Commands
    let refundCommands: Commands
    let taskCommands: Commands
    let placing: PlaceOrderHandler
    let cancelOrder: CancelOrderHandler
    let refunding: RefundOrderHandler
    let checkouts: CheckoutOrders
    // Policies
    let payments: PaymentEventHandlers
    let deliveries: DeliveryEventHandlers
    let receiving: PaymentReceiving
    // Jobs
    /// `false` if orders are accepted only.
    let isPaymentOn: Bool
    let settling: SettlePayments
    let deadline: GiveUpUnpaidOrders
    let earlier: FillOrders

    init(_ context: ServiceEnvironment, _ settings: OrderSettings) throws {
        orders = try context.repository(of: Order.self)
        resource = RestResource(orders, OrderService.orders)
        tasks = try OperatorTasks(context, kinds: OperatorTaskKind.order)
        cancellations = try Sagas(
            CancellationSaga.definition, context: context, settings: settings.sagas,
            ending: Cancelling.ending(context, orders, tasks))
        refunds = try Sagas(
            RefundSaga.definition, context: context, settings: settings.sagas,
            ending: RefundSaga.ending(context, orders, tasks))
        cancelling = Cancelling(context: context, orders: orders, sagas: cancellations)
        let payment = OrderPayment(
            orders: orders,
            // A buyer waits: what is not known is asked again in the background, by `SettlePayments`.
            payment: try context.client(for: "payment", breaker: settings.breaker, retry: .never),
            timeout: settings.paymentTimeout)

        keys = IdempotencyStore(loop: context.loop, keeping: OrderSettings.keyRetention)
        // Kept as long as the record of a refund or a task, which is never deleted.
        let keysOfRecords = IdempotencyStore(loop: context.loop, keeping: nil)
        placeCommands = Commands(
            context, keys: keys, lease: settings.paymentTimeout + .seconds(5),
            ignoresKeys: settings.idempotency == .off)
        refundCommands = Commands(context, keys: keysOfRecords, lease: settings.sagas.callTimeout + .seconds(5))
        taskCommands = Commands(context, keys: keysOfRecords)
        placing = PlaceOrderHandler(
            context: context, orders: orders, payment: payment,
            prices: PriceChecking(
                product: try context.client(for: "product", breaker: settings.breaker),
                isOn: settings.prices == .catalogue, timeout: settings.priceTimeout),
            resource: resource, settings: settings)
        cancelOrder = CancelOrderHandler(context: context, cancelling: cancelling, resource: resource)
        refunding = RefundOrderHandler(context: context, orders: orders, sagas: refunds, resource: resource)
        checkouts = CheckoutOrders(context: context, orders: orders, cancelling: cancelling)

        receiving = PaymentReceiving(orders: orders, cancelling: cancelling, tasks: tasks)
        payments = PaymentEventHandlers(
            orders: orders, payment: payment, cancelling: cancelling, refunds: refunds, receiving: receiving)
        deliveries = DeliveryEventHandlers(orders: orders)

        isPaymentOn = settings.payment != .off
        settling = SettlePayments(context: context, orders: orders, payment: payment, settings: settings)
        deadline = GiveUpUnpaidOrders(
            context: context, orders: orders, payment: payment.payment, outcome: payment, receiving: receiving,
            cancelling: cancelling, interval: settings.settleInterval, timeout: settings.paymentTimeout)
        earlier = FillOrders(
            context: context, orders: orders, deadline: settings.payment == .off ? nil : settings.paymentDeadline)
    }
}
