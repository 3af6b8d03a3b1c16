import Contracts
import Kernel
import ServiceHost
import Storage

/// Turns news into messages, in the transaction that takes note of the event.
struct NewsHandlers: Sendable {
    let context: ServiceContext
    let messages: Repository<Message>
    let contacts: Repository<OrderContact>
    let audience: Audience
    /// Called once there is something to send.
    let wake: @Sendable (Message.Channel) -> Void

    func paid(_ event: OrderPaid, in tx: any Transaction) async throws {
        let (order, buyer) = (event.order, event.order.buyer)
        try await tell(.paid(event), buyer, in: tx)
        guard buyer.email != nil || buyer.phone != nil else {
            // What may have waited has nobody to be told.
            _ = try await contacts.delete(id: order.orderId, in: tx)
            return
        }
        let contact = OrderContact(orderId: order.orderId, buyer: buyer)
        if try await contacts.insertIfAbsent(contact, in: tx) { return }
        guard var waiting = try await contacts.find(order.orderId, in: tx) else { return }
        for news in waiting.know(buyer) { try await tell(news, buyer, in: tx) }
        _ = try await contacts.update(waiting, in: tx)
    }

    /// Of an order that may not be known yet: then it waits for the order's payment to be heard of.
    func delivery(_ news: News, in tx: any Transaction) async throws {
        guard var contact = try await contacts.find(news.orderId, in: tx) else {
            // Known, and its buyer cannot be reached: the seller's mail is there.
            let toSeller = Message.id(orderId: news.orderId, NewsKind.paid.rawValue, .seller, .email)
            if try await messages.find(toSeller, in: tx) != nil { return }
            var contact = OrderContact(orderId: news.orderId)
            contact.keep(news)
            _ = try await contacts.insert(contact, in: tx)
            return
        }
        if let buyer = contact.buyer { return try await tell(news, buyer, in: tx) }
        contact.keep(news)
        _ = try await contacts.update(contact, in: tx)
    }

    func tell(_ news: News, _ buyer: Buyer, in tx: any Transaction) async throws {
        for addressee in audience.addressees(of: news.kind, buyer: buyer) {
            let message = Message(news, to: addressee, at: context.loop.now)
            if try await messages.insertIfAbsent(message, in: tx) { tx.afterCommit { wake(message.channel) } }
        }
    }
}
