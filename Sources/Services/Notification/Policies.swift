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
        try await tell(.paid(event), buyer, in: tx)
        guard buyer.email != nil || buyer.phone != nil else {
            // Notifications that waited for the buyer cannot be sent.
            _ = try await contacts.delete(id: order.orderId, in: tx)
            return
        }
        let contact = OrderContact(orderId: order.orderId, buyer: buyer)
        if try await contacts.insertIfAbsent(contact, in: tx) { return }
        guard var waiting = try await contacts.find(order.orderId, in: tx) else { return }
        for notification in waiting.know(buyer) { try await tell(notification, buyer, in: tx) }
        _ = try await contacts.update(waiting, in: tx)
    }

    /// Handles an event of delivery. If the order is not known yet, the notification waits for the event of its
    /// payment.
    func delivery(_ notification: OrderNotification, in tx: any Transaction) async throws {
        guard var contact = try await contacts.find(notification.orderId, in: tx) else {
            // The order is known and its buyer cannot be reached, because the seller's mail exists.
            let toSeller = Message.id(orderId: notification.orderId, NotificationKind.paid.rawValue, .seller, .email)
            if try await messages.find(toSeller, in: tx) != nil { return }
            var contact = OrderContact(orderId: notification.orderId)
            contact.keep(notification)
            _ = try await contacts.insert(contact, in: tx)
            return
        }
        if let buyer = contact.buyer { return try await tell(notification, buyer, in: tx) }
        contact.keep(notification)
        _ = try await contacts.update(contact, in: tx)
    }

    func tell(_ notification: OrderNotification, _ buyer: Buyer, in tx: any Transaction) async throws {
        for addressee in recipients.addressees(of: notification.kind, buyer: buyer) {
            let message = Message(notification, to: addressee, at: context.loop.now)
            if try await messages.insertIfAbsent(message, in: tx) { tx.afterCommit { wake(message.channel) } }
        }
    }
}
