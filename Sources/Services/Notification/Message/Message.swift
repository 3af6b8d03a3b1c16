public import Kernel
public import Storage

/// One message to one person about one order.
public struct Message: Entity, Hashable {
    public enum Status: String, Codable, Sendable {
        case pending = "PENDING"
        case sent = "SENT"
        /// The channel refused it for good, for example because the address does not exist.
        case failed = "FAILED"
    }
    /// Who is told, of those that an order concerns.
    public enum Recipient: String, Codable, Sendable {
        case seller, buyer
    }
    /// Made of order and recipient, so that there can be no second one.
    public let id: String
    public var version: Int64 = 0
    public let orderId: String
    public let recipient: Recipient
    public let address: String
    public let subject: String
    public let text: String
    public private(set) var status: Status = .pending
    public private(set) var tries = 0
    public private(set) var nextTryAt: Timestamp
    public private(set) var sentAt: Timestamp?
    public private(set) var failureReason: String?

    public static let collection = Collection<Message>(
        "messages",
        fields: [
            .text("orderId", indexed: true) { $0.orderId },
            .text("status") { $0.status.rawValue },
            .time("nextTryAt", indexed: true) { $0.status == .pending ? $0.nextTryAt : nil },
        ])

    public init(
        orderId: String, recipient: Recipient, address: String, subject: String, text: String, at time: Timestamp
    ) {
        id = "MSG-\(orderId)-\(recipient.rawValue)"
        self.orderId = orderId
        self.recipient = recipient
        self.address = address
        self.subject = subject
        self.text = text
        nextTryAt = time
    }

    /// Nobody else tries before `time`.
    mutating func claimed(until time: Timestamp) { nextTryAt = time }

    mutating func sent(at time: Timestamp) {
        status = .sent
        sentAt = time
    }

    mutating func refused(reason: String) {
        status = .failed
        failureReason = reason
    }

    /// 2 s, 4 s, 8 s … and at most a minute between tries.
    mutating func failed(at time: Timestamp) {
        tries += 1
        nextTryAt = time + min(.seconds(1 << min(tries, 6)), .seconds(60))
    }
}
