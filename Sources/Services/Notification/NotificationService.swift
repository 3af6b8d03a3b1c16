public import Configuration
import Contracts
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// Tells buyer and seller what happens to an order, by mail and text message: each thing once, whatever is delivered
/// twice. A message is stored with the event's inbox row; the sender of its channel takes it from there.
public struct NotificationService: ServiceDefinition {
    public static let name = "notification"
    public static let kind = ServiceKind.persistence
    public static let port = 8089
    public static let summary = "which order told whom what, once"
    public static let calls = ["email", "sms"]
    public static let publishes: [any EventPayload.Type] = [NotificationSent.self]
    public static let migrations = [
        Migration(
            1, "messages",
            [.create(Message.collection.schema), .create(OrderContact.collection.schema)]
                + ServiceEnvironment.migrationSteps)
    ]

    private let settings: NotificationSettings

    public init(from section: Configuration) {
        settings = NotificationSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let messages = try context.repository(of: Message.self)
        func sending(_ kind: Message.Channel) throws -> SendMessages {
            SendMessages(
                context: context, messages: messages,
                channel: MessageChannel(
                    kind: kind,
                    // None waits for its turn: a message that is claimed is sent at once, or tried again later.
                    client: try context.client(
                        for: kind.rawValue, breaker: settings.breaker, retry: .never,
                        maximumConcurrent: settings.concurrency),
                    timeout: settings.timeout),
                concurrency: settings.concurrency)
        }
        let (email, sms) = (try sending(.email), try sending(.sms))
        let handlers = NotificationPolicies(
            context: context, messages: messages, contacts: Repository(try context.database),
            recipients: settings.recipients, wake: { $0 == .email ? email.trigger.wake() : sms.trigger.wake() })
        let resource = RestResource(
            messages, item: "message",
            searches: [
                .init("findByOrderId", by: "orderId"), .init("findByStatus", by: "status"),
                .init("findByChannel", by: "channel"),
            ])

        return ServiceParts(
            routes: resource.routes,
            handlers: [
                .on(OrderPaid.self, "tell buyer and seller that the order is paid") { paid, _, tx in
                    try await handlers.paid(paid, in: tx)
                },
                .on(OrderPaymentFailed.self, "tell the buyer that the payment failed") { failed, _, tx in
                    try await handlers.tell(.paymentFailed(failed), failed.order.buyer, in: tx)
                },
                .on(OrderCancelled.self, "tell buyer and seller that the order is cancelled") { cancelled, _, tx in
                    try await handlers.tell(.cancelled(cancelled), cancelled.order.buyer, in: tx)
                },
                .on(OrderRefunded.self, "tell the buyer of the refund") { refunded, _, tx in
                    try await handlers.tell(.refunded(refunded), refunded.order.buyer, in: tx)
                },
                .on(OrderRefundFailed.self, "tell buyer and seller that a refund did not go through") { failed, _, tx in
                    try await handlers.tell(.refundFailed(failed), failed.order.buyer, in: tx)
                },
                .on(OrderDisputed.self, "tell the seller of the dispute") { disputed, _, tx in
                    try await handlers.tell(.disputed(disputed), disputed.order.buyer, in: tx)
                },
                .on(DeliveryShipped.self, "tell the buyer that the order is on its way") { shipped, _, tx in
                    try await handlers.delivery(.shipped(shipped), in: tx)
                },
                .on(DeliveryDelivered.self, "tell the buyer that the order has arrived") { delivered, _, tx in
                    try await handlers.delivery(.delivered(delivered), in: tx)
                },
            ],
            background: [email.job.background, sms.job.background])
    }
}
