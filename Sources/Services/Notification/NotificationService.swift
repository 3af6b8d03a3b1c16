public import Configuration
import Contracts
public import HTTP
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
            [.create(Message.collection.schema.without(Ownership.fields)), .create(OrderContact.collection.schema)]
                + ServiceEnvironment.migrationSteps),
        Migration(2, "whose a message is", Ownership.steps(of: Message.collection.schema)),
    ]

    private let settings: NotificationSettings

    public init(from section: Configuration) {
        settings = NotificationSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> NotificationParts {
        try NotificationParts(context, settings)
    }
}

extension NotificationService {
    static let messages = ResourceDeclaration<Message>(
        "message",
        searches: [
            .init("findByOrderId", by: "orderId"), .init("findByStatus", by: "status"),
            .init("findByChannel", by: "channel"),
        ], visibility: .owned(by: \.owner))

    public static let routes: [RouteDeclaration<NotificationParts>] = messages.routes { $0.resource }

    public static let policies: [Policy<NotificationParts>] = [
        .on(OrderPaid.self, "tell buyer and seller that the order is paid") { try await $0.policies.paid($1, in: $3) },
        .on(OrderPaymentFailed.self, "tell the buyer that the payment failed") {
            try await $0.policies.tell(.paymentFailed($1), $1.order, in: $3)
        },
        .on(OrderCancelled.self, "tell buyer and seller that the order is cancelled") {
            try await $0.policies.tell(.cancelled($1), $1.order, in: $3)
        },
        .on(OrderRefunded.self, "tell the buyer of the refund") {
            try await $0.policies.tell(.refunded($1), $1.order, in: $3)
        },
        .on(OrderRefundFailed.self, "tell buyer and seller that a refund did not go through") {
            try await $0.policies.tell(.refundFailed($1), $1.order, in: $3)
        },
        .on(OrderDisputed.self, "tell the seller of the dispute") {
            try await $0.policies.tell(.disputed($1), $1.order, in: $3)
        },
        .on(DeliveryShipped.self, "tell the buyer that the order is on its way") {
            try await $0.policies.delivery(.shipped($1), in: $3)
        },
        .on(DeliveryDelivered.self, "tell the buyer that the order has arrived") {
            try await $0.policies.delivery(.delivered($1), in: $3)
        },
    ]

    public static let jobs: [JobDeclaration<NotificationParts>] = [
        .job("send email messages") { $0.email.job }, .job("send sms messages") { $0.sms.job },
    ]
}

/// The objects that routes, policies and jobs of the service call.
public final class NotificationParts: Sendable {
    let resource: RestResource<Message>
    let policies: NotificationPolicies
    let email: SendMessages
    let sms: SendMessages

    init(_ context: ServiceEnvironment, _ settings: NotificationSettings) throws {
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
        (self.email, self.sms) = (email, sms)
        resource = RestResource(messages, NotificationService.messages)
        policies = NotificationPolicies(
            context: context, messages: messages, contacts: Repository(try context.database),
            recipients: settings.recipients, wake: { $0 == .email ? email.trigger.wake() : sms.trigger.wake() })
    }
}
