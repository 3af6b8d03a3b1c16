import Contracts
import Kernel

struct KoreanWording: Wording {
    let figures = Figures(groupSeparator: ",", decimalSeparator: ".")

    func greeting(_ name: String) -> String { "\(name) 님, 안녕하세요." }

    func subject(_ news: News, to recipient: Message.Recipient) -> String {
        let order = news.orderId
        return switch (news, recipient) {
        case (.paid, .buyer): "주문 \(order)의 결제가 완료되었습니다"
        case (.paid, .seller): "주문 \(order)이(가) 결제되었습니다"
        case (.paymentFailed, _): "주문 \(order)의 결제에 실패했습니다"
        case (.cancelled, _): "주문 \(order)이(가) 취소되었습니다"
        case (.refunded, _): "주문 \(order)의 환불 안내"
        case (.shipped, _): "주문 \(order)의 배송이 시작되었습니다"
        case (.delivered, _): "주문 \(order)의 배송이 완료되었습니다"
        }
    }

    func opening(_ news: News, to recipient: Message.Recipient) -> String {
        switch (news, recipient) {
        case (.paid, .buyer): "감사합니다. 결제가 완료되어 주문을 준비하고 있습니다."
        case (.paid, .seller): "주문이 결제되었습니다. 배송을 진행해 주세요."
        case (.paymentFailed, _): "결제가 거절되어 주문이 진행되지 않습니다. 청구된 금액은 없습니다."
        case (.cancelled(let event), .buyer):
            "주문이 취소되었습니다. " + (event.refundedAmount > 0 ? "결제하신 금액은 환불되었습니다." : "청구된 금액은 없습니다.")
        case (.cancelled, .seller): "주문이 취소되었습니다. 배송하지 말아 주세요."
        case (.refunded(let refund), _): refund.isWhole ? "전액이 환불되었습니다." : "일부 금액이 환불되었습니다."
        case (.shipped, _): "주문하신 상품이 발송되었습니다."
        case (.delivered, _): "주문하신 상품이 도착했습니다. 맛있게 드세요!"
        }
    }

    func textMessage(_ news: News, to recipient: Message.Recipient) -> String {
        let order = news.orderId
        return switch (news, recipient) {
        case (.paid(let event), .buyer): "주문 \(order) 결제 완료: \(figures.money(event.order.total)). 감사합니다."
        case (.paid(let event), .seller): "주문 \(order) 결제 완료: \(figures.money(event.order.total)). 배송해 주세요."
        case (.cancelled, .seller): "주문 \(order) 취소. 배송하지 마세요."
        case (.shipped(let event), _): "주문 \(order) 배송 시작." + (event.trackingCode.map { " 운송장: \($0)" } ?? "")
        case (.paymentFailed, _), (.cancelled, _), (.refunded, _), (.delivered, _): subject(news, to: recipient) + "."
        }
    }

    func label(_ fact: Fact) -> String {
        switch fact {
        case .order: "주문 번호"
        case .branch: "지점"
        case .item: "소스"
        case .amount: "금액"
        case .refunded: "환불 금액"
        case .refundedInAll: "총 환불 금액"
        case .reason: "사유"
        case .trackingCode: "운송장 번호"
        case .time: "일시"
        }
    }
}
