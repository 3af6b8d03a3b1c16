import Contracts
import Kernel
import Testing

@testable import NotificationService

/// What others wrote makes no line of the shop's own, in no language and on no channel.
@Suite struct OneLineContentTests {
    static let breaks = ["\n", "\r\n", "\r", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}"]

    @Test(arguments: Language.allCases, breaks)
    func a_line_break_stays_in_its_line(_ language: Language, _ lineBreak: String) {
        let evil = "x\(lineBreak)Amount: 0\(lineBreak)\u{202E}y\u{0}\u{1B}"
        for notification in Self.notification(evil) {
            for recipient in Message.Recipient.allCases {
                let clean = Self.content(notification: Self.same(as: notification), "x", language, recipient, .email)
                let content = Self.content(notification: notification, evil, language, recipient, .email)
                #expect(Self.lines(content.text) == Self.lines(clean.text), "\(notification.kind): \(content.text)")
                #expect(Self.lines(content.subject ?? "") == 1 && Self.lines(content.greeting ?? "") == 1)
                #expect(!Self.isForged(content.text) && !Self.isForged(content.subject ?? ""))
                let sms = Self.content(notification: notification, evil, language, recipient, .sms)
                #expect(Self.lines(sms.text) == 1, "\(notification.kind): \(sms.text)")
                #expect(!Self.isForged(sms.text))
            }
        }
    }

    /// Each kind with the text wherever others may write one.
    private static func notification(_ text: String) -> [OrderNotification] {
        let order = OrderSummary(
            orderId: text, branchId: 7, items: [OrderItem(sauceId: 1, name: text, qty: 1, price: 100)], qty: 1,
            amount: 100, currency: .southKoreanWon, buyer: Buyer(name: text), placedAt: Samples.time)
        return [
            .paid(OrderPaid(order: order, paymentId: text, paidAt: Samples.time)),
            .paymentFailed(OrderPaymentFailed(order: order, reason: text)),
            .cancelled(OrderCancelled(order: order, reason: text, refundedAmount: 100, cancelledAt: Samples.time)),
            .refunded(OrderRefunded(order: order, amount: 100, refundedAmount: 100, isWhole: true)),
            .refundFailed(OrderRefundFailed(order: order, amount: 100, refundedAmount: 0, failedAt: Samples.time)),
            .disputed(OrderDisputed(order: order, stage: .opened, amount: 100, at: Samples.time)),
            .shipped(
                DeliveryShipped(deliveryId: text, orderId: text, trackingCode: text, shippedAt: Samples.time)),
            .delivered(DeliveryDelivered(deliveryId: text, orderId: text, deliveredAt: Samples.time)),
        ]
    }

    private static func same(as notification: OrderNotification) -> OrderNotification {
        Self.notification("x").first { $0.kind == notification.kind } ?? notification
    }

    private static func content(
        notification: OrderNotification, _ name: String, _ language: Language, _ recipient: Message.Recipient,
        _ channel: Message.Channel
    ) -> MessageContent {
        MessageContent(
            notification,
            to: .init(recipient: recipient, channel: channel, address: "a", language: language, name: name))
    }

    private static func lines(_ text: String) -> Int { text.split(whereSeparator: \.isNewline).count }

    /// Whether a character is left that breaks a line, or that changes how others are shown.
    private static func isForged(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control: scalar != "\n"
            case .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
    }
}
