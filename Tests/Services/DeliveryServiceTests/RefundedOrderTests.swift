import Contracts
import DeliveryService
import HTTP
import Kernel
import ServiceTestSupport
import Testing

/// What is refunded does not ship, whoever gave the money back.
@Suite struct RefundedOrderTests {
    @Test func what_is_refunded_whole_is_not_shipped_any_more() async throws {
        try await withService(DeliveryService.self) { service in
            let id = try await service.startDelivery()
            try await service.hear(service.refund(isWhole: true), about: "ORD-1", version: 3)
            let answer = try await service.send(.post, "/deliveries/\(id)/ship", "")
            #expect(answer.status == 409, "\(answer.text)")
            #expect(try await service.send(.get, "/deliveries/\(id)").json(Delivery.self).status == .cancelled)
            try await service.settle()
            #expect(try service.published(DeliveryCancelled.self).map(\.orderId) == ["ORD-1"])
        }
    }

    @Test func a_part_of_the_money_leaves_the_delivery_as_it_is() async throws {
        try await withService(DeliveryService.self) { service in
            let id = try await service.startDelivery()
            try await service.hear(service.refund(isWhole: false), about: "ORD-1", version: 3)
            #expect(try await service.send(.post, "/deliveries/\(id)/ship", "").status == 200)
        }
    }

    @Test func a_refund_that_is_heard_before_the_payment_leaves_nothing_to_ship() async throws {
        try await withService(DeliveryService.self) { service in
            try await service.hear(service.refund(isWhole: true), about: "ORD-1", version: 3)
            try await service.hear(service.approval, about: "ORD-1", version: 2)
            try await service.settle()
            #expect(try service.published(DeliveryStarted.self).isEmpty)
        }
    }

    @Test func what_has_left_stays_as_it_is() async throws {
        try await withService(DeliveryService.self) { service in
            let id = try await service.startDelivery()
            _ = try await service.send(.post, "/deliveries/\(id)/ship", "")
            try await service.hear(service.refund(isWhole: true), about: "ORD-1", version: 3)
            #expect(try await service.send(.get, "/deliveries/\(id)").json(Delivery.self).status == .shipped)
        }
    }
}

extension ServiceUnderTest {
    /// Of ORD-1; its id.
    func startDelivery() async throws -> String {
        try await hear(approval, about: "ORD-1", version: 2)
        try await settle()
        return try published(DeliveryStarted.self).first?.deliveryId ?? ""
    }

    var approval: PaymentApproved {
        PaymentApproved(
            paymentId: "PAY-1", orderId: "ORD-1", amount: 10_000, currency: .southKoreanWon, approvedAt: loop.now)
    }

    func refund(isWhole: Bool) -> PaymentRefunded {
        PaymentRefunded(
            paymentId: "PAY-1", orderId: "ORD-1", amount: 1000, refundedAmount: isWhole ? 10_000 : 1000,
            currency: .southKoreanWon, isWhole: isWhole, refundedAt: loop.now)
    }
}
