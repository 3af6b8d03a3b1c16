import Contracts
import HTTP
import Kernel
import Messaging
import PaymentProviders
import ServiceTestSupport
import Testing

@testable import PaymentService

/// Money that the provider moved without having been asked from here, or later than it was waited for.
@Suite struct AdoptionServiceTests {
    @Test func a_refund_made_at_the_provider_is_found_by_the_charge_if_its_callback_names_no_order() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            try await shop.tell(provider, .succeeded(.refund), id: "1", order: "", refund: "R-1", amount: 400)
            let payment = try await shop.payment()
            #expect(payment?.status == "PARTIALLY_REFUNDED" && payment?.refundedAmount == 400)
            try await shop.until { try shop.published(PaymentRefunded.self).map(\.amount) == [400] }
            try await shop.tell(provider, .succeeded(.refund), id: "1", order: "", refund: "R-1", amount: 400)
            try await shop.tell(provider, .succeeded(.refund), id: "2", order: "", refund: "R-1", amount: 400)
            #expect(try await shop.owed() == 600, "neither the same callback nor another about it counts twice")
            #expect(provider.count(.refund) == 0)
        }
    }

    /// Both are of 400 minor units: which of them a callback without a key is about, the answer to ours tells.
    @Test func a_refund_made_at_the_provider_while_ours_of_the_same_amount_is_unanswered_is_another_one() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let id = try #require(try await shop.payment()?.id)
            provider.change {
                $0.performing = { _ in .unknown(reason: "no answer") }
                $0.finding = { _ in .unknown(reason: "no answer") }
            }
            _ = try await shop.send(
                .post, "payment", PaymentAPI.refunds(paymentId: id), #"{"amount": 400}"#, key: "R-1")
            try await shop.tell(provider, .succeeded(.refund), id: "1", refund: "R-ELSEWHERE", amount: 400)
            #expect(try await shop.owed() == 1000, "it may still be ours")
            provider.change { $0.finding = { _ in .succeeded(reference: "R-OURS") } }
            try await shop.until(within: .seconds(300)) { try await shop.owed() == 200 }
            #expect(try await shop.payment()?.refundedAmount == 800)
            #expect(try await shop.tasks().isEmpty)
        }
    }

    @Test func a_refund_that_a_callback_tells_without_our_key_is_ours_once_our_answer_names_it() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let id = try #require(try await shop.payment()?.id)
            provider.change {
                $0.performing = { _ in .unknown(reason: "no answer") }
                $0.finding = { _ in .unknown(reason: "no answer") }
            }
            _ = try await shop.send(
                .post, "payment", PaymentAPI.refunds(paymentId: id), #"{"amount": 400}"#, key: "R-1")
            try await shop.tell(provider, .succeeded(.refund), id: "1", refund: "R-1", amount: 400)
            provider.change { $0.finding = { _ in .succeeded(reference: "R-1") } }
            try await shop.until { try await shop.owed() == 600 }
            try await shop.wait(.seconds(600))
            #expect(try await shop.owed() == 600, "one refund, told twice")
        }
    }

    @Test(arguments: [true, false])
    func a_reservation_given_up_at_the_provider_while_ours_is_unanswered_is_gone_and_no_contradiction(
        isExpiry: Bool
    ) async throws {
        try await withFake("authorisationExpiry: \(isExpiry ? 5 : 500)s") { shop, provider in
            provider.change {
                $0.performing = { call in
                    call.action == .void ? .unknown(reason: "no answer") : .succeeded(reference: "C-ORD-1")
                }
                $0.finding = { _ in .unknown(reason: "no answer") }
            }
            _ = try await shop.pay(capture: "manual")
            let id = try #require(try await shop.payment()?.id)
            if !isExpiry {
                _ = try await shop.send(.post, "payment", PaymentAPI.path + "/\(id)/voids", key: "V-1")
            }
            try await shop.until { try await shop.payment()?.attempts.contains { $0.action == "void" } == true }
            try await shop.tell(provider, .succeeded(.void), id: "1", refund: "V-ELSEWHERE")
            #expect(try await shop.hasStatus("CANCELLED"))
            provider.change { $0.finding = { _ in .refused(reason: "C-ORD-1 was voided") } }
            try await shop.until(within: .seconds(300)) {
                try await shop.payment()?.attempts.contains { $0.state == "REFUSED" } == true
            }
            try await shop.wait(.seconds(60))
            #expect(try await shop.hasStatus("CANCELLED"))
            #expect(try await shop.tasks().isEmpty)
            try await shop.until { try shop.published(PaymentCancelled.self).count == 1 }
        }
    }

    @Test func a_success_after_a_refusal_is_captured_and_told() async throws {
        try await withFake { shop, provider in
            provider.change { $0.performing = { _ in .accepted(reference: "C-ORD-1") } }
            _ = try await shop.pay()
            try await shop.tell(provider, .refused(.charge, reason: "declined"), id: "1")
            #expect(try await shop.hasStatus("FAILED"))
            try await shop.tell(provider, .succeeded(.charge), id: "2")
            #expect(try await shop.hasStatus("CAPTURED"))
            try await shop.until { try shop.published(PaymentApproved.self).count == 1 }
            let versions = shop.log.events.filter { $0.type.contains("payment.Payment") }.map(\.sequence)
            #expect(versions.count == 2 && versions[0] < versions[1], "\(versions)")
            #expect(try await shop.owed() == 1000 && provider.count(.refund) == 0)
        }
    }

    @Test func a_success_after_a_cancellation_is_given_back_by_itself() async throws {
        try await withFake { shop, provider in
            provider.change {
                $0.performing = { call in
                    call.action == .charge ? .refused(reason: "declined") : .succeeded(reference: "R-1")
                }
            }
            _ = try await shop.pay()
            #expect(try await shop.cancel().status == 200)
            try await shop.wait(.seconds(3600))
            try await shop.tell(provider, .succeeded(.charge), id: "late")
            try await shop.until { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.owed() == 0 && provider.count(.refund) == 1)
        }
    }

    @Test func a_reservation_that_was_given_up_and_captured_elsewhere_is_given_back() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay(capture: "manual")
            #expect(try await shop.cancelled().refundedAmount == 0)
            try await shop.tell(provider, .succeeded(.capture), id: "1", refund: "CAP-1")
            try await shop.until { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.owed() == 0)
        }
    }

    @Test func a_second_charge_of_an_order_is_given_back_and_the_order_is_not_told() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            try await shop.tell(provider, .succeeded(.charge), id: "1", reference: "C-2", key: "another")
            try await shop.until { provider.count(.refund) == 1 }
            #expect(provider.performed.last?.reference == "C-2")
            try await shop.until { try await shop.owed() == 1000 }
            let payment = try await shop.payment()
            #expect(payment?.status == "CAPTURED" && payment?.refundedAmount == 0)
            #expect(try shop.published(PaymentApproved.self).count == 1)
            #expect(try shop.published(PaymentRefunded.self).isEmpty)
        }
    }

    @Test func a_refund_that_fails_later_reopens_the_payment_and_an_operator_makes_it_again() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let id = try #require(try await shop.payment()?.id)
            provider.change { $0.performing = { .succeeded(reference: "R-\($0.idempotencyKey)") } }
            _ = try await shop.send(.post, "payment", PaymentAPI.refunds(paymentId: id), key: "R-1")
            let key = try #require(provider.performed.last?.idempotencyKey)
            #expect(try await shop.hasStatus("REFUNDED"))
            try await shop.tell(
                provider, .refused(.refund, reason: "closed account"), id: "1", refund: "R-\(key)", key: key)
            #expect(try await shop.hasStatus("CAPTURED"))
            #expect(try await shop.owed() == 1000)
            try await shop.until { try shop.published(PaymentRefundFailed.self).map(\.refundedAmount) == [0] }
            let task = try #require(try await shop.tasks("REFUND_FAILED").first)
            #expect(task.orderId == "ORD-1")
            #expect(try await shop.resolve(task, "refund") == 200)
            try await shop.until { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.owed() == 0)
        }
    }

    /// Callbacks overtake each other: the second refund is told before the failure of the first.
    @Test func a_refund_too_much_is_nobodys_task_once_another_is_known_to_have_failed() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let id = try #require(try await shop.payment()?.id)
            provider.change { $0.performing = { .succeeded(reference: "R-\($0.idempotencyKey)") } }
            _ = try await shop.send(.post, "payment", PaymentAPI.refunds(paymentId: id), key: "R-1")
            let key = try #require(provider.performed.last?.idempotencyKey)
            try await shop.tell(provider, .succeeded(.refund), id: "1", refund: "R-ELSEWHERE", amount: 300)
            #expect(try await shop.tasks("REFUNDED_TOO_MUCH").count == 1)
            #expect(try await shop.owed() == -300)
            try await shop.tell(
                provider, .refused(.refund, reason: "closed account"), id: "2", refund: "R-\(key)", key: key)
            #expect(try await shop.owed() == 700)
            #expect(try await shop.tasks("REFUNDED_TOO_MUCH").isEmpty)
            #expect(try await shop.tasks("REFUND_FAILED").count == 1)
        }
    }

    @Test func a_chargeback_is_booked_told_and_reversed_once() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let stages: [DisputeStage] = [.opened, .fundsWithdrawn, .fundsWithdrawn, .fundsReinstated, .won]
            var owed: [Int64] = []
            for (number, stage) in stages.enumerated() {
                try await shop.tell(provider, .disputed(id: "D-1", stage), id: "\(number)", order: "")
                owed.append(try await shop.owed())
                if stage == .opened { #expect(try await shop.tasks("DISPUTED").count == 1) }
            }
            #expect(owed == [1000, 0, 0, 1000, 1000])
            #expect(try await shop.tasks("DISPUTED").isEmpty)
            try await shop.until {
                try shop.published(PaymentDisputed.self).map(\.stage)
                    == [.opened, .fundsWithdrawn, .fundsReinstated, .won]
            }
        }
    }

    /// The provider refuses to refund what the bank has taken; it is not asked for ever, and asked again once it is won.
    @Test func a_chargeback_of_a_cancelled_order_ends_its_refunds_until_it_is_won() async throws {
        try await withFake { shop, provider in
            provider.change {
                $0.performing = { call in
                    call.action == .refund
                        ? .refused(reason: "charge_disputed") : .succeeded(reference: "C-\(call.orderId)")
                }
            }
            _ = try await shop.pay()
            #expect(try await shop.cancel().status != 200)
            try await shop.until(within: .seconds(3600)) { try await shop.tasks("REFUND_REFUSED").count == 1 }
            #expect(try await shop.cancel().status == 422)
            try await shop.tell(provider, .disputed(id: "D-1", .fundsWithdrawn), id: "1", order: "")
            #expect(try await shop.cancelled().refundedAmount == 0)
            #expect(try await shop.tasks("REFUND_REFUSED").isEmpty)
            #expect(try await shop.owed() == 0)
            let before = provider.count(.refund)
            try await shop.wait(.seconds(3600))
            #expect(provider.count(.refund) == before)
            provider.change { $0.performing = { _ in .succeeded(reference: "R-1") } }
            try await shop.tell(provider, .disputed(id: "D-1", .fundsReinstated), id: "2", order: "")
            try await shop.until(within: .seconds(60)) { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.owed() == 0)
        }
    }

    @Test func a_chargeback_told_before_its_capture_is_told_on_after_it() async throws {
        try await withFake { shop, provider in
            provider.change {
                $0.performing = { _ in .accepted(reference: "C-ORD-1") }
                $0.finding = { _ in .unknown(reason: "no answer") }
            }
            _ = try await shop.pay()
            try await shop.tell(provider, .disputed(id: "D-1", .fundsWithdrawn), id: "1")
            #expect(try await shop.callbacks("unmatched") == 1)
            #expect(try await shop.owed() == 0)
            try await shop.tell(provider, .succeeded(.charge), id: "2")
            #expect(try await shop.owed() == 1000)
            try await shop.until(within: .seconds(300)) { try await shop.owed() == 0 }
            try await shop.until {
                let types = shop.log.events.map(\.type).filter { $0.contains("payment.Payment") }
                return types == [PaymentApproved.type, PaymentDisputed.type]
            }
            #expect(try await shop.tasks("DISPUTED").count == 1)
        }
    }

    @Test func callbacks_of_no_concern_are_neither_kept_nor_asked_about() async throws {
        try await withFake("unmatchedAfter: 10m") { shop, provider in
            for number in 1...5 {
                #expect(try await shop.tell(provider, .other("payout.paid"), id: "\(number)", order: "") == 204)
            }
            #expect(try await shop.callbacks("ignored") == 5)
            // Somebody else's charge on the same account of the provider.
            try await shop.tell(provider, .succeeded(.refund), id: "6", order: "", reference: "C-OTHER", refund: "R-9")
            try await shop.wait(.seconds(1800))
            #expect(try await shop.tasks().isEmpty)
            try await shop.tell(provider, .succeeded(.refund), id: "6", order: "", reference: "C-OTHER", refund: "R-9")
            #expect(try await shop.callbacks("unmatched") == 2, "nothing was kept of the first")
        }
    }

    @Test func money_of_an_order_that_is_not_known_becomes_an_operators_task_in_time() async throws {
        try await withFake("unmatchedAfter: 30m") { shop, provider in
            try await shop.tell(provider, .succeeded(.charge), id: "1", order: "ORD-LOST", reference: "C-LOST")
            try await shop.wait(.seconds(600))
            #expect(try await shop.tasks().isEmpty)
            try await shop.wait(.seconds(3600))
            let task = try #require(try await shop.tasks("UNKNOWN_MOVEMENT").first)
            #expect(task.orderId == "ORD-LOST")
        }
    }

    @Test func a_refund_told_before_its_charge_is_applied_after_it() async throws {
        try await withFake { shop, provider in
            provider.change { $0.performing = { _ in .accepted(reference: "C-ORD-1") } }
            _ = try await shop.pay()
            try await shop.tell(provider, .succeeded(.refund), id: "1", refund: "R-1", amount: 1000)
            #expect(try await shop.callbacks("unmatched") == 1)
            try await shop.tell(provider, .succeeded(.charge), id: "2")
            try await shop.until(within: .seconds(300)) { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.owed() == 0)
        }
    }
}
