import Contracts
import Kernel

struct EnglishWording: Wording {
    let numbers = NumberFormat(groupSeparator: ",", decimalSeparator: ".")

    func greeting(_ name: String) -> String { "Dear \(name)," }

    func subject(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        let order = notification.orderId
        return switch (notification, recipient) {
        case (.paid, .buyer): "We received your payment for order \(order)"
        case (.paid, .seller): "Order \(order) is paid"
        case (.paymentFailed, _): "The payment of order \(order) failed"
        case (.cancelled, _): "Order \(order) is cancelled"
        case (.refunded, _): "A refund for order \(order)"
        case (.refundFailed, _): "A refund for order \(order) did not go through"
        case (.disputed(let event), _):
            switch event.stage {
            case .won, .fundsReinstated: "The dispute about order \(order) was decided for the shop"
            case .lost: "The dispute about order \(order) was lost"
            case .opened, .fundsWithdrawn: "The payment of order \(order) is disputed"
            }
        case (.shipped, _): "Order \(order) is on its way"
        case (.delivered, _): "Order \(order) is delivered"
        }
    }

    func opening(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        switch (notification, recipient) {
        case (.paid, .buyer): "Thank you. Your order is paid, and we are preparing it."
        case (.paid, .seller): "An order was paid and can be delivered."
        case (.paymentFailed, _): "The payment was refused, so the order will not be carried out. Nothing was charged."
        case (.cancelled(let event), .buyer) where event.isPaymentOpen == true:
            "Your order was cancelled. Whatever was charged for it is sent back to you."
        case (.cancelled(let event), .buyer):
            "Your order was cancelled. "
                + (event.refundedAmount > 0 ? "What you had paid was sent back to you." : "Nothing was charged.")
        case (.cancelled, .seller): "An order was cancelled: please do not deliver it."
        case (.refunded(let refund), _):
            refund.isWhole ? "The whole amount was refunded." : "A part of the amount was refunded."
        case (.refundFailed, .buyer):
            "A refund that we told you of did not go through. The money is still yours: we send it again."
        case (.refundFailed, .seller): "A refund was returned to the shop. The buyer has still to get the money."
        case (.disputed(let event), _):
            switch event.stage {
            case .won, .fundsReinstated: "The payment stays with the shop, and the order can be delivered."
            case .lost: "The money went back to the buyer. What has not left the shop does not leave it any more."
            case .opened, .fundsWithdrawn: "The buyer's bank asks for the money back. Please do not deliver the order."
            }
        case (.shipped, _): "Your order has left the shop."
        case (.delivered, _): "Your order was delivered. Enjoy it!"
        }
    }

    func textMessage(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        let order = notification.orderId
        return switch (notification, recipient) {
        case (.paid(let event), .buyer): "Order \(order) is paid: \(numbers.money(event.order.total)). Thank you."
        case (.paid(let event), .seller): "Order \(order) is paid: \(numbers.money(event.order.total)). Please deliver."
        case (.cancelled, .seller): "Order \(order) is cancelled. Do not deliver it."
        case (.shipped(let event), _):
            "Order \(order) is on its way." + (event.trackingCode.map { " Tracking code: \($0)" } ?? "")
        case (.paymentFailed, _), (.cancelled, _), (.refunded, _), (.refundFailed, _), (.disputed, _), (.delivered, _):
            subject(notification, to: recipient) + "."
        }
    }

    func label(_ line: ContentLine) -> String {
        switch line {
        case .order: "Order"
        case .branch: "Branch"
        case .item: "Sauce"
        case .moreItems: "More sauces"
        case .amount: "Amount"
        case .refunded: "Refunded"
        case .refundedInAll: "Refunded in all"
        case .notRefunded: "Not refunded"
        case .disputed: "Disputed"
        case .reason: "Reason"
        case .trackingCode: "Tracking code"
        case .time: "Time"
        }
    }
}
