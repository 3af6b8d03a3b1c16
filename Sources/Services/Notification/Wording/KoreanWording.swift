import Contracts
import Kernel

struct KoreanWording: Wording {
    let numbers = NumberFormat(groupSeparator: ",", decimalSeparator: ".")

    func greeting(_ name: String) -> String { "\(name) 님, 안녕하세요." }

    func subject(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        let order = notification.orderId
        return switch (notification, recipient) {
        case (.paid, .buyer): "주문 \(order)의 결제가 완료되었습니다"
        case (.paid, .seller): "주문 \(order)이(가) 결제되었습니다"
        case (.paymentFailed, _): "주문 \(order)의 결제에 실패했습니다"
        case (.cancelled, _): "주문 \(order)이(가) 취소되었습니다"
        case (.refunded, _): "주문 \(order)의 환불 안내"
        case (.refundFailed, _): "주문 \(order)의 환불이 처리되지 않았습니다"
        case (.disputed(let event), _):
            switch event.stage {
            case .won, .fundsReinstated: "주문 \(order)의 결제 분쟁이 상점에 유리하게 종결되었습니다"
            case .lost: "주문 \(order)의 결제 분쟁에서 패소했습니다"
            case .opened, .fundsWithdrawn: "주문 \(order)의 결제에 이의가 제기되었습니다"
            }
        case (.shipped, _): "주문 \(order)의 배송이 시작되었습니다"
        case (.delivered, _): "주문 \(order)의 배송이 완료되었습니다"
        }
    }

    func opening(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        switch (notification, recipient) {
        case (.paid, .buyer): "감사합니다. 결제가 완료되어 주문을 준비하고 있습니다."
        case (.paid, .seller): "주문이 결제되었습니다. 배송을 진행해 주세요."
        case (.paymentFailed, _): "결제가 거절되어 주문이 진행되지 않습니다. 청구된 금액은 없습니다."
        case (.cancelled(let event), .buyer) where event.isPaymentOpen == true:
            "주문이 취소되었습니다. 청구된 금액이 있으면 환불됩니다."
        case (.cancelled(let event), .buyer):
            "주문이 취소되었습니다. " + (event.refundedAmount > 0 ? "결제하신 금액은 환불되었습니다." : "청구된 금액은 없습니다.")
        case (.cancelled, .seller): "주문이 취소되었습니다. 배송하지 말아 주세요."
        case (.refunded(let refund), _): refund.isWhole ? "전액이 환불되었습니다." : "일부 금액이 환불되었습니다."
        case (.refundFailed, .buyer): "안내해 드린 환불이 처리되지 않았습니다. 해당 금액은 다시 보내 드리겠습니다."
        case (.refundFailed, .seller): "환불 금액이 상점으로 반송되었습니다. 구매자에게 아직 지급되지 않았습니다."
        case (.disputed(let event), _):
            switch event.stage {
            case .won, .fundsReinstated: "결제 금액은 상점에 남으며, 주문을 배송할 수 있습니다."
            case .lost: "결제 금액이 구매자에게 반환되었습니다. 아직 발송하지 않은 상품은 발송되지 않습니다."
            case .opened, .fundsWithdrawn: "구매자의 은행이 금액 반환을 요청했습니다. 주문을 배송하지 말아 주세요."
            }
        case (.shipped, _): "주문하신 상품이 발송되었습니다."
        case (.delivered, _): "주문하신 상품이 도착했습니다. 맛있게 드세요!"
        }
    }

    func textMessage(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        let order = notification.orderId
        return switch (notification, recipient) {
        case (.paid(let event), .buyer): "주문 \(order) 결제 완료: \(numbers.money(event.order.total)). 감사합니다."
        case (.paid(let event), .seller): "주문 \(order) 결제 완료: \(numbers.money(event.order.total)). 배송해 주세요."
        case (.cancelled, .seller): "주문 \(order) 취소. 배송하지 마세요."
        case (.shipped(let event), _): "주문 \(order) 배송 시작." + (event.trackingCode.map { " 운송장: \($0)" } ?? "")
        case (.paymentFailed, _), (.cancelled, _), (.refunded, _), (.refundFailed, _), (.disputed, _), (.delivered, _):
            subject(notification, to: recipient) + "."
        }
    }

    func label(_ line: ContentLine) -> String {
        switch line {
        case .order: "주문 번호"
        case .branch: "지점"
        case .item: "소스"
        case .moreItems: "그 밖의 소스"
        case .amount: "금액"
        case .refunded: "환불 금액"
        case .refundedInAll: "총 환불 금액"
        case .notRefunded: "미환불 금액"
        case .disputed: "분쟁 금액"
        case .reason: "사유"
        case .trackingCode: "운송장 번호"
        case .time: "일시"
        }
    }
}
