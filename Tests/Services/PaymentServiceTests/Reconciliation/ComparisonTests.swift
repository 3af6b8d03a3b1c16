import Kernel
import PaymentProviders
import Testing

@testable import PaymentService

@Suite struct ComparisonTests {
    private static let day: Int64 = 86_400_000
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)

    @Test func what_both_know_agrees() throws {
        var comparison = Comparison()
        comparison.add(try Self.payment(daysAgo: 100), statementReadAt: Self.now)
        comparison.add(Self.line())
        comparison.finish()
        #expect(comparison.differences.isEmpty && comparison.movementCount == 1 && comparison.statementCount == 1)
    }

    @Test(arguments: [100, 10])
    func only_what_the_statement_reaches_back_to_can_be_missing_from_it(_ daysAgo: Int64) throws {
        var comparison = Comparison(since: Timestamp(milliseconds: Self.now.milliseconds - 31 * Self.day))
        comparison.add(try Self.payment(daysAgo: daysAgo), statementReadAt: Self.now)
        comparison.finish()
        #expect(comparison.differences.map(\.kind) == (daysAgo > 31 ? [] : [.missingThere]))
    }

    @Test func what_is_older_and_in_the_statement_all_the_same_is_compared() throws {
        var comparison = Comparison(since: Self.now)
        comparison.add(try Self.payment(daysAgo: 1), statementReadAt: Self.now)
        comparison.add(Self.line(amount: 99))
        comparison.finish()
        #expect(comparison.differences.map(\.kind) == [.amount])
    }

    @Test func a_line_that_two_pages_hold_counts_once() throws {
        var comparison = Comparison()
        comparison.add(try Self.payment(daysAgo: 1), statementReadAt: Self.now)
        comparison.add(Self.line())
        comparison.add(Self.line())
        comparison.finish()
        #expect(comparison.differences.isEmpty && comparison.statementCount == 1)
    }

    private static func line(amount: Int64 = 100) -> StatementLine {
        StatementLine(reference: "C-1", orderId: "ORD-1", kind: .capture, money: Money(amount, .southKoreanWon))
    }

    private static func payment(daysAgo: Int64) throws -> Payment {
        let time = Timestamp(milliseconds: now.milliseconds - daysAgo * day)
        var payment = Payment(
            id: "PAY-1", orderId: "ORD-1", money: Money(100, .southKoreanWon), provider: "toss", requestedAt: time)
        _ = try payment.begin(
            .charge, amount: 100, attemptId: "ATT-1", idempotencyKey: "K", at: time, checkAt: time)
        _ = payment.settle("ATT-1", .succeeded(reference: "C-1"), at: time)
        return payment
    }
}
