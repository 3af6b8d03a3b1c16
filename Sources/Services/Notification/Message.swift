import Contracts
import Kernel
import Messaging
import REST
import Storage

/// One message to one person, by one channel, about one thing that happened to an order.
struct Message: Aggregate, Hashable {
    enum Status: String, Codable, Sendable {
        case pending = "PENDING"
        case sent = "SENT"
        /// The channel refused it for good, for example because the address does not exist.
        case failed = "FAILED"
    }
    /// The party of an order that is notified.
    enum Recipient: String, Codable, Sendable, CaseIterable {
        case seller, buyer
    }
    enum Channel: String, Codable, Sendable, CaseIterable {
        case email, sms
    }
    let id: String
    var version: Int64 = 0
    var recorded = RecordedEvents()
    let orderId: String
    let kind: NotificationKind
    let recipient: Recipient
    let channel: Channel
    let address: String
    let content: MessageContent
    /// The customer who is the buyer; `nil` of a message to the seller, and if nobody has said who bought.
    var owner: Principal?
    private(set) var status: Status = .pending
    private(set) var tries = 0
    private(set) var nextTryAt: Timestamp
    private(set) var sentAt: Timestamp?
    private(set) var failureReason: String?

    /// The names under which it is stored and shown, some of them older than the properties'.
    private enum CodingKeys: String, CodingKey {
        case id, version, orderId, recipient, channel, address, owner, status, tries, nextTryAt, sentAt, failureReason
        case kind = "news"
        case content = "letter"
    }

    /// The order's: that it was told is part of that order's story.
    var eventSubject: String { orderId }

    static let collection = Collection<Message>(
        "messages",
        fields: [
            .text("orderId", indexed: true) { $0.orderId },
            .text("status") { $0.status.rawValue },
            .text("channel") { $0.channel.rawValue },
            .time("nextTryAt", indexed: true) { $0.status == .pending ? $0.nextTryAt : nil },
            .owner { $0.owner },
        ])

    init(
        _ notification: OrderNotification, to addressee: RecipientPolicy.Addressee, of owner: Principal? = nil,
        at time: Timestamp
    ) {
        id = Self.id(orderId: notification.orderId, notification.identity, addressee.recipient, addressee.channel)
        orderId = notification.orderId
        kind = notification.kind
        recipient = addressee.recipient
        channel = addressee.channel
        address = addressee.address
        content = MessageContent(notification, to: addressee)
        nextTryAt = time
        self.owner = addressee.recipient == .buyer ? owner : nil
    }

    /// Made of what happened, whom it is told and how, so that there can be no second one.
    static func id(orderId: String, _ identity: String, _ recipient: Recipient, _ channel: Channel) -> String {
        "MSG-\(orderId)-\(identity)-\(recipient.rawValue)-\(channel.rawValue)"
    }

    /// Nobody else tries before `time`.
    mutating func claimed(until time: Timestamp) { nextTryAt = time }

    mutating func sent(at time: Timestamp) {
        status = .sent
        sentAt = time
        record(
            NotificationSent(
                messageId: id, orderId: orderId, recipient: recipient.rawValue, channel: channel.rawValue, sentAt: time)
        )
    }

    mutating func refused(reason: String) {
        status = .failed
        failureReason = reason
    }

    /// 2 s, 4 s, 8 s … and at most a minute between tries.
    private static let retry = RetryPolicy.exponential(from: .seconds(2), cap: .seconds(60))

    mutating func failed(at time: Timestamp) {
        tries += 1
        nextTryAt = time + Self.retry.delay(after: tries)
    }
}
