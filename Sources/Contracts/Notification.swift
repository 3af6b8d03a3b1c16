public import Kernel
public import Messaging

/// A message about an order was handed to its channel.
public struct NotificationSent: EventPayload, Hashable {
    public static let type = "sambal.notification.NotificationSent.v1"
    public let messageId: String
    public let orderId: String
    /// `seller` or `buyer`.
    public let recipient: String
    /// `email` or `sms`.
    public let channel: String
    public let sentAt: Timestamp

    public init(messageId: String, orderId: String, recipient: String, channel: String, sentAt: Timestamp) {
        self.messageId = messageId
        self.orderId = orderId
        self.recipient = recipient
        self.channel = channel
        self.sentAt = sentAt
    }
}
