public import Configuration
import Contracts
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// Tells seller and buyer that an order is paid: once, whatever is delivered twice. The message is stored with the
/// event's inbox row; the sender takes it from there.
public struct NotificationService: ServiceDefinition {
    public static let name = "notification"
    public static let kind = ServiceKind.persistence
    public static let port = 8089
    public static let summary = "which order told whom what, once"
    public static let calls = ["email"]
    public static let publishes: [any EventPayload.Type] = [NotificationSent.self]
    public static let migrations = [
        Migration(1, "messages", [.create(Message.collection.schema)] + ServiceContext.migrationSteps)
    ]

    private let seller: String
    private let concurrency: Int
    private let timeout: Duration

    public init(from section: Configuration) {
        seller = section.string("seller", default: "seller@example.com")
        concurrency = section.int("concurrency", in: 1...1000, default: 64)
        timeout = section.duration("timeout", default: .seconds(30))
    }

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let messages = Repository<Message>(try context.database)
        let templates = PaidOrderMessages(seller: seller)
        let wake = Signal()
        let sending = MessageSending(
            context: context, messages: messages, email: try context.peer("email"), wake: wake,
            concurrency: concurrency, timeout: timeout)
        let resource = RestResource(messages, item: "message", searches: [.init("findByOrderId", by: "orderId")])

        return ServiceParts(
            routes: resource.routes,
            handlers: [
                .on(OrderPaid.self) { paid, _, tx in
                    for message in templates.messages(for: paid, at: context.loop.now) {
                        _ = try await messages.insertIfAbsent(message, in: tx)
                    }
                    tx.afterCommit { wake.raise() }
                }
            ],
            background: [.init("sender") { try await sending.run() }])
    }
}
