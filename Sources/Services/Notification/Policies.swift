import Contracts
import Kernel
import ServiceHost
import Storage

/// Makes messages from events, in the transaction that handles the event.
struct NotificationPolicies: Sendable {
    let context: ServiceEnvironment
    let messages: Repository<Message>
    let contacts: Repository<OrderContact>
    let recipients: RecipientPolicy
    /// Called after the commit of a new message.
    let wake: @Sendable (Message.Channel) -> Void

    func paid(_ event: OrderPaid, in tx: any Transaction) async throws {
        let (order, buyer) = (event.order, event.order.buyer)
        try await tell(.paid(event), order, in: tx)
        guard buyer.email != nil || buyer.phone != nil else {
            // The buyer gave neither address, so the notifications that waited for one cannot be sent.
            _ = try await contacts.delete(id: order.orderId, in: tx)
            return
        }
        let contact = OrderContact(orderId: order.orderId, buyer: buyer, owner: order.owner)
        if try await contacts.insertIfAbsent(contact, in: tx) { return }
        guard var waiting = try await contacts.find(order.orderId, in: tx) else { return }
        for notification in waiting.know(buyer, owner: order.owner) { try await tell(notification, order, in: tx) }
        _ = try await contacts.update(waiting, in: tx)
    }

    /// Handles an event of delivery. If the buyer is not known yet, the notification waits for `OrderPaid`, which names
    /// the buyer.
    func delivery(_ notification: OrderNotification, in tx: any Transaction) async throws {
        guard var contact = try await contacts.find(notification.orderId, in: tx) else {
            // If the seller's mail exists, `OrderPaid` has been handled. There is no contact, so the buyer gave no
            // address, and nobody can be notified.
            let toSeller = Message.id(orderId: notification.orderId, NotificationKind.paid.rawValue, .seller, .email)
            if try await messages.find(toSeller, in: tx) != nil { return }
            var contact = OrderContact(orderId: notification.orderId)
            contact.keep(notification)
            _ = try await contacts.insert(contact, in: tx)
            return
        }
        if let buyer = contact.buyer { return try await tell(notification, buyer, of: contact.owner, in: tx) }
        contact.keep(notification)
        _ = try await contacts.update(contact, in: tx)
    }

    func tell(_ notification: OrderNotification, _ order: OrderSummary, in tx: any Transaction) async throws {
        try await tell(notification, order.buyer, of: order.owner, in: tx)
    }

    private func tell(
        _ notification: OrderNotification, _ buyer: Buyer, of owner: Principal?, in tx: any Transaction
    ) async throws {
        for addressee in recipients.addressees(of: notification.kind, buyer: buyer) {
            let message = Message(notification, to: addressee, of: owner, at: context.loop.now)
            if try await messages.insertIfAbsent(message, in: tx) { tx.afterCommit { wake(message.channel) } }
        }
    }
}

/// Chooses the recipients of a notification and their channels, among the addresses that are known.
struct RecipientPolicy: Sendable {
    let seller: Seller

    struct Seller: Sendable {
        let email: String
        let phone: String?
        let language: Language
    }
    struct Addressee: Sendable, Hashable {
        let recipient: Message.Recipient
        let channel: Message.Channel
        let address: String
        let language: Language
        let name: String?
    }

    func addressees(of kind: NotificationKind, buyer: Buyer) -> [Addressee] {
        Self.channels(of: kind, to: .seller).compactMap { channel in
            let address = channel == .email ? seller.email : seller.phone
            return address.map {
                Addressee(recipient: .seller, channel: channel, address: $0, language: seller.language, name: nil)
            }
        }
            + Self.channels(of: kind, to: .buyer).compactMap { channel in
                let address = channel == .email ? buyer.email : buyer.phone
                return address.map {
                    Addressee(
                        recipient: .buyer, channel: channel, address: $0, language: buyer.language ?? seller.language,
                        name: buyer.name)
                }
            }
    }

    /// The seller is notified of events that need an action. Text messages are for events that should not wait for a
    /// mail to be read.
    static func channels(of kind: NotificationKind, to recipient: Message.Recipient) -> [Message.Channel] {
        switch (recipient, kind) {
        case (_, .paid), (_, .cancelled): [.email, .sms]
        case (.seller, .refundFailed), (.seller, .disputed): [.email]
        case (.seller, _), (.buyer, .disputed): []
        case (.buyer, .shipped): [.email, .sms]
        case (.buyer, .paymentFailed), (.buyer, .refunded), (.buyer, .refundFailed), (.buyer, .delivered): [.email]
        }
    }
}

/// The buyer of an order, for events of delivery, which name only the order. Until the event about the order's payment
/// has come, it holds the notifications that wait for the buyer instead.
struct OrderContact: Entity, Hashable {
    /// The order's identifier.
    let id: String
    var version: Int64 = 0
    private(set) var buyer: Buyer?
    /// The customer who is the buyer; `nil` if nobody has said who bought.
    private(set) var owner: Principal?
    private var shipped: DeliveryShipped?
    private var delivered: DeliveryDelivered?

    static let collection = Collection<OrderContact>("contacts", fields: [])

    init(orderId: String, buyer: Buyer? = nil, owner: Principal? = nil) {
        id = orderId
        self.buyer = buyer
        self.owner = owner
    }

    /// Stores the buyer. Returns the notifications that have waited for one, in the order of their events.
    mutating func know(_ buyer: Buyer, owner: Principal?) -> [OrderNotification] {
        defer { (self.buyer, self.owner, shipped, delivered) = (buyer, owner, nil, nil) }
        return [shipped.map(OrderNotification.shipped), delivered.map(OrderNotification.delivered)].compactMap { $0 }
    }

    mutating func keep(_ notification: OrderNotification) {
        switch notification {
        case .shipped(let event): shipped = event
        case .delivered(let event): delivered = event
        case .paid, .paymentFailed, .cancelled, .refunded, .refundFailed, .disputed:
            preconditionFailure("\(notification.kind) names its buyer itself")
        }
    }
}
