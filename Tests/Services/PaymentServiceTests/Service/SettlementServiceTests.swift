import Contracts
import HTTP
import Kernel
import PaymentProviders
import ServiceTestSupport
import Synchronization
import Testing

@testable import PaymentService

/// A part that the provider gives back only once it has settled the charge, as Midtrans does.
@Suite struct SettlementServiceTests {
    /// A provider that loses the first request for a refund, and then asks to come back an hour later.
    private static func unsettled(_ provider: FakeProvider) {
        let tries = Mutex(0)
        provider.change {
            $0.performing = { call in
                guard call.action == .refund else { return .succeeded(reference: "C-\(call.orderId)") }
                let number = tries.withLock { tries in
                    tries += 1
                    return tries
                }
                switch number {
                case 1: return .unknown(reason: "no answer")
                case 2: return .notSent(reason: "not settled yet", retryAfter: .seconds(3600))
                default: return .succeeded(reference: "R-\(call.idempotencyKey)")
                }
            }
        }
    }

    private static func refundPart(_ shop: ServicesUnderTest) async throws {
        _ = try await shop.pay()
        let id = try #require(try await shop.payment()?.id)
        let answer = try await shop.send(
            .post, "payment", PaymentAPI.refunds(paymentId: id), #"{"amount": 400}"#, key: "R-1")
        #expect(answer.isSuccess)
    }

    @Test func a_refund_that_waits_for_the_settlement_is_asked_for_as_soon_as_that_is_told() async throws {
        try await withFake { shop, provider in
            Self.unsettled(provider)
            try await Self.refundPart(shop)
            try await shop.until { provider.count(.refund) == 2 }
            try await shop.wait(.seconds(600))
            #expect(provider.count(.refund) == 2)
            try await shop.tell(
                provider, .succeeded(.charge), id: "settlement", key: PaymentAPI.idempotencyKey(orderId: "ORD-1"))
            try await shop.until(within: .seconds(5)) { try await shop.hasStatus("PARTIALLY_REFUNDED") }
            #expect(Set(provider.performed.filter { $0.action == .refund }.map(\.idempotencyKey)).count == 1)
            #expect(provider.count(.refund) == 3)
            #expect(try await shop.owed() == 600)
        }
    }

    @Test func a_settlement_that_is_never_told_is_found_when_its_time_has_come() async throws {
        try await withFake { shop, provider in
            Self.unsettled(provider)
            try await Self.refundPart(shop)
            try await shop.until { provider.count(.refund) == 2 }
            try await shop.wait(.seconds(3590))
            try await shop.until { try await shop.hasStatus("PARTIALLY_REFUNDED") }
            #expect(provider.count(.refund) == 3)
        }
    }

    @Test func a_refund_whose_answer_has_not_come_is_not_asked_for_twice_by_the_settlement() async throws {
        try await withFake { shop, provider in
            provider.change {
                $0.performing = { call in
                    call.action == .refund
                        ? .accepted(reference: "R-1") : .succeeded(reference: "C-\(call.orderId)")
                }
                $0.finding = { _ in .pending(reference: "R-1") }
            }
            try await Self.refundPart(shop)
            let before = provider.lookups
            try await shop.tell(provider, .succeeded(.charge), id: "settlement")
            try await shop.wait(.seconds(5))
            #expect(provider.lookups == before && provider.count(.refund) == 1)
        }
    }
}
