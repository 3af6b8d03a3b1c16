import Kernel
import PaymentProviders
import Testing

@testable import PaymentService

@Suite struct ComparisonTests {
    private static let day: Int64 = 86_400_000
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)

    @Test func what_both_know_agrees() {
        var comparison = Comparison(readAt: Self.now)
        comparison.add(Self.movement(daysAgo: 100))
        #expect(comparison.match(Self.line()) == .agrees(Self.movement(daysAgo: 100)))
        #expect(comparison.missing.isEmpty && comparison.movementCount == 1 && comparison.statementCount == 1)
        #expect(comparison.capturedAmount == 100 && comparison.confirmedAmount == 100)
    }

    @Test(arguments: [100, 10])
    func only_what_the_statement_reaches_back_to_can_be_missing_from_it(_ daysAgo: Int64) {
        var comparison = Comparison(
            readAt: Self.now, since: Timestamp(milliseconds: Self.now.milliseconds - 31 * Self.day))
        comparison.add(Self.movement(daysAgo: daysAgo))
        #expect(comparison.missing.map(\.reference) == (daysAgo > 31 ? [] : ["C-1"]))
    }

    @Test func what_is_older_and_in_the_statement_all_the_same_is_compared() {
        var comparison = Comparison(readAt: Self.now, since: Self.now)
        comparison.add(Self.movement(daysAgo: 1))
        #expect(comparison.match(Self.line(amount: 99)) == .differs(Self.movement(daysAgo: 1)))
    }

    @Test func a_line_that_two_pages_hold_counts_once() {
        var comparison = Comparison(readAt: Self.now)
        comparison.add(Self.movement(daysAgo: 1))
        _ = comparison.match(Self.line())
        #expect(comparison.match(Self.line()) == .agrees(nil) && comparison.statementCount == 1)
    }

    @Test func what_was_recorded_after_the_statement_was_read_is_in_flight() {
        var comparison = Comparison(readAt: Self.now)
        comparison.add(Self.movement(daysAgo: 0))
        #expect(comparison.missing.isEmpty && comparison.inFlight == 1 && comparison.movementCount == 0)
    }

    @Test func another_currency_is_a_difference_and_another_kind_another_movement() {
        var comparison = Comparison(readAt: Self.now)
        comparison.add(Self.movement(daysAgo: 1))
        #expect(comparison.match(Self.line(kind: .refund)) == .unknown)
        #expect(comparison.match(Self.line(currency: "USD")) == .differs(Self.movement(daysAgo: 1)))
    }

    /// (recorded state of a refund, its bookings) → whether payment and ledger agree.
    @Test(arguments: [
        (PaymentAttempt.State.succeeded, Int64?(-30), true), (.succeeded, nil, false), (.succeeded, -29, false),
        (.reversed, 0, true), (.reversed, -30, false), (.refused, nil, true), (.refused, -30, false),
    ])
    func payment_and_ledger_are_compared(_ state: PaymentAttempt.State, _ booked: Int64?, _ agrees: Bool) throws {
        var payment = Payment(
            id: "PAY-1", orderId: "ORD-1", money: Money(100, .southKoreanWon), provider: "fake",
            requestedAt: Self.now)
        _ = try payment.begin(
            .charge, amount: 100, attemptId: "ATT-1", idempotencyKey: "K", at: Self.now, checkAt: Self.now)
        _ = payment.settle("ATT-1", .succeeded(reference: "C-1"), at: Self.now)
        _ = try payment.begin(
            .refund, amount: 30, attemptId: "ATT-2", idempotencyKey: "K2", at: Self.now, checkAt: Self.now)
        payment.attempts[1].state = state
        var bookings: [String: Int64] = ["ATT-1": 100]
        bookings["ATT-2"] = booked
        #expect(Comparison.compare(payment, booked: bookings).isEmpty == agrees)
    }

    private static func line(
        amount: Int64 = 100, kind: StatementLine.Kind = .capture, currency: String = "KRW"
    ) -> StatementLine {
        StatementLine(
            reference: "C-1", orderId: "ORD-1", kind: kind,
            money: Money(amount, Currency(code: currency) ?? .southKoreanWon))
    }

    private static func movement(daysAgo: Int64) -> RecordedMovement {
        RecordedMovement(
            paymentId: "PAY-1", orderId: "ORD-1", reference: "C-1", kind: .capture, money: Money(100, .southKoreanWon),
            movedAt: Timestamp(milliseconds: now.milliseconds - daysAgo * day))
    }
}
