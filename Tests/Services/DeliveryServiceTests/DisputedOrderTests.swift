import Contracts
import DeliveryService
import HTTP
import Kernel
import ServiceTestSupport
import Testing

/// Nothing leaves the shop while the buyer's bank asks for its money back.
@Suite struct DisputedOrderTests {
    @Test(arguments: [PaymentDisputed.Stage.opened, .fundsWithdrawn])
    func a_disputed_order_does_not_ship(_ stage: PaymentDisputed.Stage) async throws {
        try await withService(DeliveryService.self) { service in
            let id = try await service.startDelivery()
            try await service.hear(service.dispute(stage), about: "ORD-1", version: 3)
            let answer = try await service.send(.post, "/deliveries/\(id)/ship", "")
            #expect(answer.status == 409, "\(answer.text)")
            #expect(answer.problem?.detail?.contains("disputed; allowed: cancel") == true, "\(answer.text)")
            #expect(try await service.shown(id).isHeld == true)
            try await service.settle()
            #expect(try service.published(DeliveryShipped.self).isEmpty)
        }
    }

    @Test(arguments: [PaymentDisputed.Stage.won, .fundsReinstated])
    func a_dispute_that_is_won_lets_it_go(_ stage: PaymentDisputed.Stage) async throws {
        try await withService(DeliveryService.self) { service in
            let id = try await service.startDelivery()
            try await service.hear(service.dispute(.opened), about: "ORD-1", version: 3)
            try await service.hear(service.dispute(stage), about: "ORD-1", version: 4)
            let answer = try await service.send(.post, "/deliveries/\(id)/ship", "")
            #expect(answer.status == 200, "\(answer.text)")
            try await service.settle()
            #expect(try service.published(DeliveryShipped.self).map(\.orderId) == ["ORD-1"])
        }
    }

    @Test(arguments: [true, false])
    func a_dispute_that_is_lost_stops_it(_ wasHeld: Bool) async throws {
        try await withService(DeliveryService.self) { service in
            let id = try await service.startDelivery()
            if wasHeld { try await service.hear(service.dispute(.opened), about: "ORD-1", version: 3) }
            try await service.hear(service.dispute(.lost), about: "ORD-1", version: 4)
            #expect(try await service.send(.post, "/deliveries/\(id)/ship", "").status == 409)
            #expect(try await service.shown(id).status == .cancelled)
            try await service.settle()
            #expect(try service.published(DeliveryCancelled.self).map(\.deliveryId) == [id])
            try await service.hear(service.dispute(.won), about: "ORD-1", version: 5)
            #expect(try await service.send(.post, "/deliveries/\(id)/ship", "").status == 409)
        }
    }

    @Test func a_held_delivery_can_be_cancelled() async throws {
        try await withService(DeliveryService.self) { service in
            let id = try await service.startDelivery()
            try await service.hear(service.dispute(.opened), about: "ORD-1", version: 3)
            let answer = try await service.send(.post, "/deliveries/\(id)/cancel", #"{"reason":"fraud"}"#)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    @Test(arguments: PaymentDisputed.Stage.allCases)
    func what_has_left_is_delivered_whatever_becomes_of_the_money(_ stage: PaymentDisputed.Stage) async throws {
        try await withService(DeliveryService.self) { service in
            let id = try await service.startDelivery()
            _ = try await service.send(.post, "/deliveries/\(id)/ship", "")
            try await service.hear(service.dispute(stage), about: "ORD-1", version: 3)
            #expect(try await service.shown(id).status == .shipped)
            #expect(try await service.send(.post, "/deliveries/\(id)/deliver", "").status == 200)
        }
    }

    @Test func a_lost_dispute_that_is_heard_before_the_payment_leaves_nothing_to_ship() async throws {
        try await withService(DeliveryService.self) { service in
            try await service.hear(service.dispute(.lost), about: "ORD-1", version: 3)
            try await service.hear(service.approval, about: "ORD-1", version: 2)
            try await service.settle()
            #expect(try service.published(DeliveryStarted.self).isEmpty)
        }
    }
}

extension ServiceUnderTest {
    fileprivate func dispute(_ stage: PaymentDisputed.Stage) -> PaymentDisputed {
        PaymentDisputed(
            paymentId: "PAY-1", orderId: "ORD-1", stage: stage, amount: 10_000, currency: .southKoreanWon, at: loop.now)
    }

    fileprivate func shown(_ id: String) async throws -> Delivery {
        try await send(.get, "/deliveries/\(id)").json(Delivery.self)
    }
}
