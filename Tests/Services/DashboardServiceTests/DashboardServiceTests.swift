import Contracts
import DashboardService
import HTTP
import Kernel
import Messaging
import ServiceTestSupport
import Testing

/// The row of an order shows its two states side by side, each following its own events.
@Suite struct DashboardServiceTests {
    @Test func money_and_goods_are_two_states() async throws {
        try await withService(DashboardService.self) { board in
            try await board.paid()
            #expect(try await board.states() == "PAID PAID NONE")
            try await board.shipped()
            #expect(try await board.states() == "PAID PAID SHIPPED")
            try await board.hear(board.refund(1000, inAll: 1000), about: "ORD-1", version: 3)
            #expect(try await board.states() == "PAID PARTIALLY_REFUNDED SHIPPED")
            try await board.hear(
                OrderRefunded(order: board.order, amount: 1000, refundedAmount: 1000, isWhole: false), about: "ORD-1",
                version: 4)
            #expect(try await board.states() == "PARTIALLY_REFUNDED PARTIALLY_REFUNDED SHIPPED")
            try await board.hear(board.refund(9000, inAll: 10_000), about: "ORD-1", version: 4)
            try await board.hear(
                OrderReturned(order: board.order, returnedAt: board.loop.now), about: "ORD-1", version: 6)
            #expect(try await board.states() == "PARTIALLY_REFUNDED REFUNDED RETURNED")
        }
    }

    @Test(arguments: [
        ([PaymentDisputed.Stage.opened], "DISPUTED"), ([.opened, .fundsWithdrawn], "DISPUTED"),
        ([.opened, .fundsWithdrawn, .fundsReinstated], "PAID"), ([.opened, .won], "PAID"),
        ([.opened, .lost], "DISPUTED"),
    ])
    func a_dispute_is_shown_as_long_as_it_is_not_won(
        _ stages: [PaymentDisputed.Stage], _ expected: String
    ) async throws {
        try await withService(DashboardService.self) { board in
            try await board.paid()
            for (index, stage) in stages.enumerated() { try await board.disputed(stage, version: Int64(index) + 3) }
            #expect(try await board.row().paymentStatus == expected)
        }
    }

    @Test func a_dispute_that_is_won_leaves_what_was_refunded() async throws {
        try await withService(DashboardService.self) { board in
            try await board.paid()
            try await board.hear(board.refund(1000, inAll: 1000), about: "ORD-1", version: 3)
            try await board.hear(
                OrderRefunded(order: board.order, amount: 1000, refundedAmount: 1000, isWhole: false), about: "ORD-1",
                version: 3)
            try await board.disputed(.opened, version: 4)
            try await board.disputed(.won, version: 5)
            #expect(try await board.states() == "PARTIALLY_REFUNDED PARTIALLY_REFUNDED NONE")
        }
    }

    @Test func a_refund_that_failed_takes_its_state_back() async throws {
        try await withService(DashboardService.self) { board in
            try await board.paid()
            try await board.hear(board.refund(10_000, inAll: 10_000), about: "ORD-1", version: 3)
            try await board.hear(
                OrderRefunded(order: board.order, amount: 10_000, refundedAmount: 10_000, isWhole: true),
                about: "ORD-1", version: 3)
            #expect(try await board.states() == "REFUNDED REFUNDED NONE")
            try await board.hear(
                OrderRefundFailed(order: board.order, amount: 10_000, refundedAmount: 0, failedAt: board.loop.now),
                about: "ORD-1", version: 4)
            #expect(try await board.states() == "PAID PAID NONE")
            #expect(try await board.row().refundedAmount == 0)
        }
    }

    @Test func an_order_that_is_being_cancelled_shows_that_for_as_long_as_it_takes() async throws {
        try await withService(DashboardService.self) { board in
            try await board.paid()
            try await board.cancellationBegan(version: 3)
            try await board.hear(board.refund(4000, inAll: 4000), about: "ORD-1", version: 3)
            #expect(try await board.states() == "CANCELLING PARTIALLY_REFUNDED NONE")
            try await board.hear(
                OrderRefundFailed(order: board.order, amount: 4000, refundedAmount: 0, failedAt: board.loop.now),
                about: "ORD-1", version: 4)
            #expect(try await board.states() == "CANCELLING PAID NONE")
            try await board.hear(
                OrderCancelled(
                    order: board.order, reason: "too late", refundedAmount: 10_000, cancelledAt: board.loop.now),
                about: "ORD-1", version: 5)
            #expect(try await board.row().status == "CANCELLED")
        }
    }

    @Test(
        arguments: zip(
            [OrderPaymentStatus.pending, .paid, .partiallyRefunded, .refunded, .failed],
            ["PLACED", "PAID", "PARTIALLY_REFUNDED", "REFUNDED", "PAYMENT_FAILED"]))
    func an_order_that_could_not_be_cancelled_shows_what_it_is_then(
        _ payment: OrderPaymentStatus, _ expected: String
    ) async throws {
        try await withService(DashboardService.self) { board in
            try await board.paid()
            try await board.cancellationBegan(version: 3)
            try await board.hear(
                OrderCancellationRefused(
                    order: board.order, paymentStatus: payment, reason: "it has left the shop",
                    refusedAt: board.loop.now),
                about: "ORD-1", version: 4)
            #expect(try await board.row().status == expected)
        }
    }

    @Test func a_cancelled_order_shows_where_its_money_and_its_goods_are() async throws {
        try await withService(DashboardService.self) { board in
            try await board.hear(OrderPlaced(order: board.order), about: "ORD-1")
            #expect(try await board.states() == "PLACED REQUIRES_PAYMENT NONE")
            try await board.hear(
                OrderCancelled(order: board.order, reason: "too late", refundedAmount: 0, cancelledAt: board.loop.now),
                about: "ORD-1", version: 2)
            #expect(try await board.states() == "CANCELLED CANCELLED CANCELLED")
        }
    }
}

extension ServiceUnderTest {
    fileprivate struct Row: Decodable, Sendable {
        let status: String
        let paymentStatus: String
        let fulfilmentStatus: String
        let refundedAmount: Int64?
    }

    fileprivate func row() async throws -> Row {
        try await send(.get, "/orderDashboards/ORD-1").json(Row.self)
    }

    fileprivate func states() async throws -> String {
        let row = try await row()
        return "\(row.status) \(row.paymentStatus) \(row.fulfilmentStatus)"
    }

    fileprivate var order: OrderSummary {
        OrderSummary(
            orderId: "ORD-1", branchId: 1, items: [OrderItem(sauceId: 1, qty: 10, price: 1000)], qty: 10,
            amount: 10_000, currency: .southKoreanWon, buyer: Buyer(), placedAt: Timestamp(milliseconds: 0))
    }

    fileprivate func paid() async throws {
        try await hear(OrderPlaced(order: order), about: "ORD-1")
        try await hear(
            PaymentApproved(
                paymentId: "PAY-1", orderId: "ORD-1", amount: 10_000, currency: .southKoreanWon, approvedAt: loop.now),
            about: "ORD-1", version: 2)
        try await hear(OrderPaid(order: order, paymentId: "PAY-1", paidAt: loop.now), about: "ORD-1", version: 2)
    }

    fileprivate func cancellationBegan(version: Int64) async throws {
        try await hear(
            OrderCancellationBegan(order: order, reason: "on request", requestedAt: loop.now), about: "ORD-1",
            version: version)
    }

    fileprivate func shipped() async throws {
        try await hear(DeliveryStarted(deliveryId: "DEL-1", orderId: "ORD-1", startedAt: loop.now), about: "ORD-1")
        try await hear(
            DeliveryShipped(deliveryId: "DEL-1", orderId: "ORD-1", trackingCode: nil, shippedAt: loop.now),
            about: "ORD-1", version: 2)
    }

    fileprivate func refund(_ amount: Int64, inAll: Int64) -> PaymentRefunded {
        PaymentRefunded(
            paymentId: "PAY-1", orderId: "ORD-1", amount: amount, refundedAmount: inAll, currency: .southKoreanWon,
            isWhole: inAll == 10_000, refundedAt: loop.now)
    }

    fileprivate func disputed(_ stage: PaymentDisputed.Stage, version: Int64) async throws {
        try await hear(
            OrderDisputed(order: order, stage: stage, amount: 10_000, at: loop.now), about: "ORD-1", version: version)
    }
}
