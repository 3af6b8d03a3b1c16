import Kernel
import PaymentProviders
import Testing

@testable import PaymentService

@Suite struct CancellationTests {
    static let time = Timestamp(milliseconds: 1_767_225_600_000)

    /// What happened to a payment of 100 before it is cancelled, and what is to be done then.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let steps: [(ProviderAction, Int64, AttemptNews?)]
        let expected: Cancellation
    }

    static let rows = [
        Row(testDescription: "nothing begun", steps: [], expected: .settled),
        Row(testDescription: "charge requested", steps: [(.charge, 100, nil)], expected: .notDecided),
        Row(
            testDescription: "charge accepted", steps: [(.charge, 100, .accepted(reference: "C", checkAt: time))],
            expected: .notDecided),
        Row(
            testDescription: "charge unknown", steps: [(.charge, 100, .unknown(checkAt: time))], expected: .notDecided),
        Row(
            testDescription: "charge refused", steps: [(.charge, 100, .refused(reason: "no"))], expected: .settled),
        Row(testDescription: "captured", steps: [charged], expected: .toGiveBack(.refund, 100)),
        Row(
            testDescription: "refunded in part", steps: [charged, (.refund, 30, .succeeded(reference: "R"))],
            expected: .toGiveBack(.refund, 70)),
        Row(
            testDescription: "refund of a part under way", steps: [charged, (.refund, 30, nil)],
            expected: .toGiveBack(.refund, 70)),
        Row(
            testDescription: "refund of all under way", steps: [charged, (.refund, 100, nil)], expected: .notDecided),
        Row(
            testDescription: "refunded", steps: [charged, (.refund, 100, .succeeded(reference: "R"))],
            expected: .settled),
        Row(testDescription: "authorised", steps: [reserved], expected: .toGiveBack(.void, 100)),
        Row(testDescription: "capture under way", steps: [reserved, (.capture, 60, nil)], expected: .notDecided),
        Row(
            testDescription: "captured in part", steps: [reserved, (.capture, 60, .succeeded(reference: "P"))],
            expected: .toGiveBack(.refund, 60)),
        Row(
            testDescription: "voided", steps: [reserved, (.void, 100, .succeeded(reference: "V"))],
            expected: .settled),
    ]
    private static let charged: (ProviderAction, Int64, AttemptNews?) = (.charge, 100, .succeeded(reference: "C"))
    private static let reserved: (ProviderAction, Int64, AttemptNews?) = (.authorise, 100, .succeeded(reference: "A"))

    /// A bank's share of 100: what is left to give back while it has the money, and once the dispute was won.
    @Test(arguments: [
        (100 as Int64, Cancellation.settled), (60, .toGiveBack(.refund, 40)),
    ])
    func what_a_chargeback_took_is_not_given_back_a_second_time(_ taken: Int64, _ expected: Cancellation) throws {
        var payment = try payment([Self.charged])
        payment.requestCancellation(at: Self.time)
        let money = Money(taken, payment.currency)
        _ = payment.dispute("D-1", .fundsWithdrawn, money, at: Self.time)
        #expect(payment.cancellation == expected && payment.refundable == 100 - taken)
        #expect(payment.allowedActions == (taken == 100 ? [] : [.refund]))
        _ = payment.dispute("D-1", .lost, money, at: Self.time)
        #expect(payment.cancellation == expected)
        _ = payment.dispute("D-1", .fundsReinstated, money, at: Self.time)
        #expect(payment.cancellation == .toGiveBack(.refund, 100))
    }

    /// Its words on the money of one dispute in each order, some of them twice: what they come to is the same.
    @Test(
        arguments: [
            ([.fundsWithdrawn, .fundsReinstated], [.withdrawn(60), .reinstated(60)]),
            ([.fundsReinstated, .fundsWithdrawn], [.told, .withdrawnAndReinstated(60)]),
            (
                [.fundsReinstated, .fundsReinstated, .fundsWithdrawn, .fundsReinstated, .fundsWithdrawn],
                [.told, nil, .withdrawnAndReinstated(60), nil, nil]
            ),
            (
                [.opened, .fundsWithdrawn, .fundsReinstated, .fundsWithdrawn, .won],
                [.told, .withdrawn(60), .reinstated(60), nil, .told]
            ),
            ([.won, .fundsReinstated, .fundsWithdrawn, .opened], [.told, .told, .withdrawnAndReinstated(60), nil]),
        ] as [([DisputeStage], [Payment.DisputeEffect?])])
    func a_chargeback_moves_money_once_each_way_in_whatever_order_it_is_told(
        _ stages: [DisputeStage], _ expected: [Payment.DisputeEffect?]
    ) throws {
        var payment = try payment([Self.charged])
        let effects = stages.map { payment.dispute("D-1", $0, Money(60, payment.currency), at: Self.time) }
        #expect(effects == expected)
        #expect(payment.disputedAmount == 0)
        #expect(payment.disputes?.first.map { [.fundsReinstated, .won].contains($0.stage) } == true)
    }

    @Test(arguments: rows)
    func what_is_to_be_done_when_it_is_cancelled(_ row: Row) throws {
        var payment = try payment(row.steps)
        let (first, second) = (
            payment.requestCancellation(at: Self.time), payment.requestCancellation(at: Self.time)
        )
        #expect(first && !second)
        #expect(payment.cancellation == row.expected)
    }

    @Test(arguments: [ProviderAction.charge, .authorise])
    func what_was_not_decided_is_given_back_as_soon_as_it_is(_ action: ProviderAction) throws {
        var payment = try payment([(action, 100, nil)])
        payment.requestCancellation(at: Self.time)
        let early = giveBack(&payment)
        #expect(early == nil)
        _ = payment.settle("ATT-1", .succeeded(reference: "C"), at: Self.time)
        let begun = giveBack(&payment)
        let attempt = try #require(begun)
        #expect(attempt.action == (action == .charge ? .refund : .void) && attempt.amount == 100)
        _ = payment.settle(attempt.id, .succeeded(reference: "R"), at: Self.time)
        #expect(payment.cancellation == .settled)
    }

    @Test func a_capture_that_the_provider_refuses_leaves_a_reservation_to_give_up() throws {
        var payment = try payment([Self.reserved, (.capture, 60, nil)])
        payment.requestCancellation(at: Self.time)
        _ = payment.settle("ATT-2", .refused(reason: "no"), at: Self.time)
        let attempt = giveBack(&payment)
        #expect(attempt?.action == .void)
    }

    @Test func a_refund_that_the_provider_refuses_is_begun_again_a_few_times_with_growing_delays() throws {
        var payment = try payment([Self.charged])
        payment.requestCancellation(at: Self.time)
        var (now, begunAt, exhausted) = (Self.time, [Int64](), String?.none)
        for second in 0..<1000 {
            now = Self.time + .seconds(second)
            let back = payment.giveBack(by: Self.policy, at: now, checkAt: now) { "R-\(second)" }
            exhausted = exhausted ?? back.exhausted
            for attempt in back.begun {
                begunAt.append(Int64(second))
                _ = payment.settle(attempt.id, .refused(reason: "closed account"), at: now)
            }
        }
        #expect(begunAt == [0, 10, 50] && exhausted == "closed account" && payment.attempts.count == 4)
        #expect(payment.cancellation == .toGiveBack(.refund, 100) && payment.giveBackAt == nil)
        payment.giveBackAnew(at: now)
        let again = giveBack(&payment, at: now)
        #expect(again?.amount == 100, "an operator's decision begins it anew")
    }

    @Test(arguments: [ProviderAction.refund, .void])
    func one_that_failed_after_it_had_succeeded_counts_as_refused(_ action: ProviderAction) throws {
        var payment = try payment([action == .refund ? Self.charged : Self.reserved])
        payment.requestCancellation(at: Self.time)
        let first = giveBack(&payment)
        let attempt = try #require(first)
        _ = payment.settle(attempt.id, .succeeded(reference: "R"), at: Self.time)
        _ = payment.settle(attempt.id, .refused(reason: "closed account"), at: Self.time)
        let early = giveBack(&payment)
        // A reservation that was given up does not come back: the provider is asked which word holds.
        #expect(early == nil && payment.checkAt != nil)
        #expect(payment.status == (action == .refund ? .captured : .cancelled))
    }

    @Test func a_cancelled_reservation_can_only_be_given_up() throws {
        var payment = try payment([Self.reserved])
        payment.requestCancellation(at: Self.time)
        #expect(payment.allowedActions == [.void])
    }

    @Test func a_payment_withdrawn_after_its_cancellation_stays_as_never_begun() throws {
        var payment = try payment([(.charge, 100, nil)])
        payment.requestCancellation(at: Self.time)
        let isWithdrawn = payment.withdraw(attempt: "ATT-1")
        #expect(
            isWithdrawn && payment.isTombstone && payment.allowedActions.isEmpty && payment.cancellation == .settled)
    }

    @Test func a_refund_that_did_not_reach_the_provider_is_not_withdrawn_from_a_cancelled_payment() throws {
        var payment = try payment([Self.charged, (.refund, 30, nil)])
        payment.requestCancellation(at: Self.time)
        let isWithdrawn = payment.withdraw(attempt: "ATT-2")
        #expect(!isWithdrawn && payment.attempts.count == 2)
    }

    @Test func money_that_turns_up_for_an_order_cancelled_before_is_taken_over_and_given_back() throws {
        var payment = Payment.tombstone(id: "PAY-1", orderId: "ORD-1", provider: "simulator", at: Self.time)
        #expect(adopt(&payment, .refund, "R-1") == nil)
        #expect(adopt(&payment, .charge, "C-1") == [.captured(amount: 70, attemptId: "ATT-C-1")])
        let refund = try #require(giveBack(&payment))
        #expect(refund.action == .refund && refund.amount == 70 && payment.call(for: refund).reference == "C-1")
    }

    /// What had ended before money turned up, and what becomes of it.
    @Test(arguments: [
        ("refused", [(ProviderAction.charge, AttemptNews.refused(reason: "no"))], false),
        ("given up", [(.authorise, .succeeded(reference: "A")), (.void, .succeeded(reference: "V"))], true),
        ("refused and cancelled", [(.charge, .refused(reason: "no"))], true),
    ])
    func money_that_turns_up_after_an_end_is_booked(
        _ row: (name: String, steps: [(ProviderAction, AttemptNews)], goesBack: Bool)
    ) throws {
        var payment = try payment(row.steps.map { ($0.0, 100, $0.1) })
        if row.name.contains("cancelled") { payment.requestCancellation(at: Self.time) }
        let effects = adopt(&payment, .charge, "C-1", 100)
        #expect(effects == [.captured(amount: 100, attemptId: "ATT-C-1")] && payment.status == .captured)
        let back = giveBack(&payment)
        #expect((back != nil) == row.goesBack, "an order that was only refused may still want it")
    }

    @Test func a_second_capture_of_an_order_is_given_back_and_the_first_is_kept() throws {
        var payment = try payment([Self.charged])
        #expect(adopt(&payment, .charge, "C-2", 100) == [.strayCaptured(amount: 100, attemptId: "ATT-C-2")])
        let refund = try #require(giveBack(&payment))
        #expect(payment.call(for: refund).reference == "C-2" && refund.amount == 100)
        let effects = payment.settle(refund.id, .succeeded(reference: "R-2"), at: Self.time)
        #expect(effects == [.strayRefunded(amount: 100, attemptId: refund.id)])
        #expect(payment.capturedAmount == 100 && payment.refundedAmount == 0 && payment.status == .captured)
    }

    @Test func what_does_not_fit_is_not_taken_over() throws {
        var failed = try payment([(.charge, 100, .refused(reason: "no"))])
        var captured = try payment([Self.charged])
        #expect(adopt(&failed, .charge, "C-1", 90) == nil, "another amount than the order's")
        #expect(adopt(&captured, .charge, "C-2", 100, .init(code: "USD")) == nil)
        #expect(adopt(&captured, .refund, "R-1", 0) == nil)
        #expect(adopt(&captured, .authorise, "A-1", 100) == nil)
    }

    @Test func a_refund_that_was_made_at_the_provider_is_taken_over() throws {
        var payment = try payment([Self.charged])
        #expect(adopt(&payment, .refund, "R-1", 30) == [.refunded(amount: 30, attemptId: "ATT-R-1")])
        #expect(payment.status == .partiallyRefunded && payment.refundable == 70)
        let more = adopt(&payment, .refund, "R-2", 90)
        #expect(more == [.refunded(amount: 90, attemptId: "ATT-R-2"), .refundedTooMuch(amount: 20)])
        #expect(payment.status == .refunded && payment.refundable == 0)
    }

    private func payment(_ steps: [(ProviderAction, Int64, AttemptNews?)]) throws -> Payment {
        var payment = Payment(
            id: "PAY-1", orderId: "ORD-1", money: Money(100, .southKoreanWon), provider: "simulator",
            requestedAt: Self.time)
        for (number, step) in steps.enumerated() {
            let id = "ATT-\(number + 1)"
            _ = try payment.begin(
                step.0, amount: step.1, attemptId: id, idempotencyKey: id, at: Self.time, checkAt: Self.time)
            if let news = step.2 { _ = payment.settle(id, news, at: Self.time) }
        }
        return payment
    }

    static let policy = GiveBackPolicy(tries: 3, firstDelay: .seconds(10))

    private func giveBack(_ payment: inout Payment, at time: Timestamp = time) -> PaymentAttempt? {
        payment.giveBack(by: Self.policy, at: time, checkAt: time) { "ATT-9" }.begun.first
    }

    private func adopt(
        _ payment: inout Payment, _ action: ProviderAction, _ reference: String, _ amount: Int64 = 70,
        _ currency: Currency? = .southKoreanWon
    ) -> [PaymentEffect]? {
        let isCharge = action == .charge || action == .authorise
        let movement = ProviderMovement(
            action: action, money: Money(amount, currency ?? .southKoreanWon), orderId: "ORD-1",
            reference: reference, chargeReference: isCharge ? nil : payment.reference, idempotencyKey: nil)
        return payment.adopt(movement, provider: "simulator", attemptId: "ATT-" + reference, at: Self.time)
    }
}
