import Contracts
import HTTP
import Kernel
import PaymentProviders
import ServiceTestSupport
import Testing

@testable import PaymentService

/// Payments, ledger and the provider's statement, compared period by period.
@Suite struct ReconciliationServiceTests {
    @Test func what_the_statement_confirms_agrees_and_is_measured() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            provider.change { $0.lines = [.capture("ORD-1", at: shop.loop.now)] }
            let report = try await shop.reconcile()
            #expect(report.state == .done && report.differences.isEmpty && report.isBalanced)
            #expect(report.movements == 1 && report.bookings == 1 && report.statementLines == 1)
            #expect(try await shop.metric("sambal_reconciliation_cleared_ratio") == 1)
            #expect(try await shop.metric("sambal_reconciliation_matched_ratio") == 1)
            #expect(try await shop.metric("sambal_reconciliation_oldest_unconfirmed_seconds") == 0)
        }
    }

    @Test func what_the_statement_does_not_show_is_one_record_that_closes_by_itself() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let paidAt = shop.loop.now
            try await shop.wait(.seconds(60))
            let first = try await shop.reconcile()
            let again = try await shop.reconcile()
            #expect(
                first.differences.map(\.kind) == [.missingInStatement]
                    && again.differences.map(\.id) == first.differences.map(\.id))
            #expect(try await shop.differences("OPEN").count == 1)
            #expect(try await shop.metric(#"sambal_reconciliation_differences{kind="MISSING_THERE"}"#) == 1)
            #expect(try await shop.metric("sambal_reconciliation_oldest_unconfirmed_seconds") >= 60)
            provider.change { $0.lines = [.capture("ORD-1", at: paidAt)] }
            #expect(try await shop.reconcile().differences.isEmpty)
            let closed = try #require(try await shop.differences("CLOSED").first)
            #expect(closed.history.map(\.step) == ["FOUND", "AGREES"])
            #expect(try await shop.metric(#"sambal_reconciliation_differences{kind="MISSING_THERE"}"#) == 0)
        }
    }

    @Test func what_only_the_statement_knows_is_taken_over() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            provider.change {
                $0.lines = [.capture("ORD-1", at: shop.loop.now), .refund("R-1", 400, at: shop.loop.now)]
            }
            let report = try await shop.reconcile()
            #expect(report.adopted == 1 && report.differences.isEmpty)
            #expect(try await shop.payment()?.refundedAmount == 400)
            try await shop.until { try shop.published(PaymentRefunded.self).map(\.amount) == [400] }
            #expect(try await shop.reconcile().adopted == 0)
            #expect(try await shop.owed() == 600)
        }
    }

    @Test func a_charge_of_a_refused_payment_and_one_of_a_cancelled_order_are_adopted_and_only_that_goes_back()
        async throws
    {
        try await withFake { shop, provider in
            provider.change {
                $0.performing = { $0.action == .refund ? .succeeded(reference: "R") : .refused(reason: "no") }
            }
            for order in ["ORD-1", "ORD-2"] { _ = try await shop.pay(order) }
            #expect(try await shop.cancel("ORD-2").status == 200)
            provider.change {
                $0.lines = ["ORD-1", "ORD-2"].map { .capture($0, at: shop.loop.now) }
            }
            #expect(try await shop.reconcile().adopted == 2)
            try await shop.until { try await shop.hasStatus("REFUNDED", "ORD-2") }
            #expect(try await shop.hasStatus("CAPTURED", "ORD-1"))
            #expect(try await shop.owed() == 1000)
        }
    }

    @Test func a_refund_that_failed_and_a_chargeback_are_taken_over_from_the_statement() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let id = try #require(try await shop.payment()?.id)
            provider.change { $0.performing = { _ in .succeeded(reference: "R-1") } }
            _ = try await shop.send(
                .post, "payment", PaymentAPI.refunds(paymentId: id), #"{"amount": 400}"#, key: "R-1")
            let now = shop.loop.now
            provider.change {
                $0.lines = [
                    .capture("ORD-1", at: now), .refund("R-1", 400, at: now),
                    .init(
                        reference: "R-1", orderId: "", kind: .refundFailure, money: Money(400, .southKoreanWon),
                        chargeReference: "C-ORD-1", movedAt: now),
                    .init(
                        reference: "D-1", orderId: "", kind: .dispute, money: Money(1000, .southKoreanWon),
                        chargeReference: "C-ORD-1", movedAt: now),
                ]
            }
            #expect(try await shop.reconcile().adopted == 2)
            #expect(try await shop.hasStatus("CAPTURED"))
            #expect(try await shop.owed() == 0)
            try await shop.until { try shop.published(PaymentRefundFailed.self).count == 1 }
            try await shop.until { try shop.published(PaymentDisputed.self).map(\.stage) == [.fundsWithdrawn] }
            let again = try await shop.reconcile()
            #expect(again.adopted == 0 && again.differences.isEmpty)
        }
    }

    /// Its refusal was found out by a look-up, and its failure stands on a page of its own.
    @Test(arguments: [true, false])
    func a_refund_that_failed_before_its_success_was_told_is_not_taken_over(isFailureFirst: Bool) async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let id = try #require(try await shop.payment()?.id)
            provider.change { $0.performing = { _ in .refused(reason: "the account is closed") } }
            _ = try await shop.send(
                .post, "payment", PaymentAPI.refunds(paymentId: id), #"{"amount": 400}"#, key: "R-1")
            let key = try #require(provider.performed.last?.idempotencyKey)
            let now = shop.loop.now
            let won = Currency.southKoreanWon
            let lines: [StatementLine] = [
                .init(
                    reference: "R-1", orderId: "ORD-1", kind: .refund, money: Money(400, won),
                    chargeReference: "C-ORD-1", idempotencyKey: key, movedAt: now),
                .init(
                    reference: "R-1", orderId: "ORD-1", kind: .refundFailure, money: Money(400, won),
                    chargeReference: "C-ORD-1", movedAt: now),
            ]
            provider.change {
                $0.pageSize = 1
                $0.lines = [.capture("ORD-1", at: now)] + (isFailureFirst ? lines.reversed() : lines)
            }
            let report = try await shop.reconcile()
            #expect(report.adopted == 0 && report.differences.isEmpty)
            #expect(try await shop.owed() == 1000)
            #expect(try shop.published(PaymentRefunded.self).isEmpty)
            provider.change { $0.lines.removeAll { $0.kind == .refundFailure } }
            #expect(try await shop.reconcile().adopted == 1, "without its failure it came about")
            #expect(try await shop.owed() == 600)
        }
    }

    @Test func an_adjustment_closes_its_difference_and_must_be_in_the_payments_currency() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            provider.change { $0.lines = [.capture("ORD-1", at: shop.loop.now, amount: 990)] }
            #expect(try await shop.reconcile().differences.map(\.kind) == [.amount])
            let id = try #require(try await shop.payment()?.id)
            let wrong = try await shop.adjust(id, -10, "USD", key: "A-1")
            #expect(wrong.status == 400 && wrong.fields == ["currency"])
            #expect(try await shop.adjust(id, -10, "KRW", key: "A-2").status == 201)
            #expect(try await shop.differences("OPEN").isEmpty)
            #expect(try await shop.reconcile().differences.isEmpty, "found again, it stays settled")
            #expect(try await shop.differences("CLOSED").first?.history.last?.step == "ADJUSTED")
            provider.change { $0.lines = [.capture("ORD-1", at: shop.loop.now, amount: 980)] }
            #expect(try await shop.reconcile().differences.count == 1, "another difference is open again")
        }
    }

    @Test func an_explained_difference_is_not_open_and_is_not_counted() async throws {
        try await withFake { shop, provider in
            provider.change { $0.lines = [.capture("ORD-OTHER", at: shop.loop.now)] }
            let found = try await shop.reconcile()
            let id = try #require(found.differences.first?.id)
            #expect(found.differences.map(\.kind) == [.missingInLedger])
            let nobody = try await shop.explain(id, by: "")
            #expect(nobody.status == 400 && nobody.fields == ["by"])
            #expect(try await shop.explain(id, by: "ann").status == 200)
            #expect(try await shop.explain(id, by: "bob").status == 409)
            #expect(try await shop.reconcile().differences.isEmpty)
            #expect(try await shop.metric(#"sambal_reconciliation_differences{kind="MISSING_HERE"}"#) == 0)
        }
    }

    @Test func runs_go_on_where_the_last_one_ended() async throws {
        try await withFake("reconcileWindow: 1d") { shop, provider in
            _ = try await shop.pay()
            provider.change { $0.lines = [.capture("ORD-1", at: shop.loop.now)] }
            _ = try await shop.reconcile()
            try await shop.wait(.seconds(600))
            let before = provider.windows.count
            _ = try await shop.reconcile()
            let window = try #require(provider.windows.last)
            #expect(provider.windows.count == before + 1)
            #expect(window.end - window.start < .seconds(3 * 3600), "the period since the last run, and the overlap")
        }
    }

    @Test(arguments: [1, 2])
    func a_page_that_fails_is_asked_for_again(_ failures: Int) async throws {
        try await withFake { shop, provider in
            for number in 1...5 { _ = try await shop.pay("ORD-\(number)") }
            provider.change {
                $0.lines = (1...5).map { .capture("ORD-\($0)", at: shop.loop.now) }
                $0.pageSize = 2
                $0.failingPages = failures
            }
            let report = try await shop.reconcile()
            #expect(report.state == .done && report.statementLines == 5 && report.differences.isEmpty)
        }
    }

    @Test func a_statement_that_cannot_be_had_ends_the_run_and_the_next_one_goes_on() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            provider.change {
                $0.lines = [.capture("ORD-1", at: shop.loop.now)]
                $0.failingPages = 3
            }
            let answer = try await shop.send(.post, "payment", "/api/reconciliations")
            #expect(answer.status == 503 && answer.headers["Retry-After"] != nil)
            let report = try await shop.reconcile()
            #expect(report.movements == 1 && report.differences.isEmpty)
        }
    }

    @Test func providers_without_a_statement_are_asked_charge_by_charge() async throws {
        try await withFake(hasStatement: false) { shop, provider in
            for number in 1...3 { _ = try await shop.pay("ORD-\(number)") }
            provider.change {
                $0.lines =
                    (1...3).map { .capture("ORD-\($0)", at: shop.loop.now) } + [
                        .refund("R-1", 1000, at: shop.loop.now, order: "ORD-2")
                    ]
            }
            let report = try await shop.reconcile()
            #expect(report.statementLines == 4 && report.adopted == 1 && report.differences.isEmpty)
            #expect(try await shop.hasStatus("REFUNDED", "ORD-2"))
        }
    }

    /// A question that fails is asked again; it keeps no other charge from being looked at.
    @Test func without_a_statement_a_charge_that_cannot_be_asked_about_does_not_end_the_run() async throws {
        try await withFake(hasStatement: false) { shop, provider in
            for number in 1...5 { _ = try await shop.pay("ORD-\(number)") }
            provider.change {
                $0.lines =
                    (1...5).map { .capture("ORD-\($0)", at: shop.loop.now) } + [
                        .refund("R-1", 1000, at: shop.loop.now, order: "ORD-5")
                    ]
                $0.failingCharges = ["ORD-1": 3, "ORD-3": 1]
            }
            let report = try await shop.reconcile()
            #expect(report.state == .done && report.statementLines == 6 && report.differences.isEmpty)
            #expect(try await shop.hasStatus("REFUNDED", "ORD-5"))
        }
    }

    @Test func without_a_statement_a_charge_that_can_never_be_asked_about_fails_the_run_after_the_others() async throws
    {
        try await withFake(hasStatement: false) { shop, provider in
            for number in 1...3 { _ = try await shop.pay("ORD-\(number)") }
            provider.change {
                $0.lines =
                    (1...3).map { .capture("ORD-\($0)", at: shop.loop.now) } + [
                        .refund("R-1", 1000, at: shop.loop.now, order: "ORD-3")
                    ]
                $0.failingCharges = ["ORD-1": 1000]
            }
            try await shop.wait(.seconds(1))
            let answer = try await shop.send(.post, "payment", "/api/reconciliations")
            #expect(answer.status == 503)
            #expect(try await shop.hasStatus("REFUNDED", "ORD-3"))
        }
    }

    /// Nobody told of it, and no statement shows it: the charge is looked at again when it is some days old.
    @Test func without_a_statement_an_untold_refund_of_an_old_charge_is_found_in_time() async throws {
        try await withFake(hasStatement: false) { shop, provider in
            _ = try await shop.pay()
            let paidAt = shop.loop.now
            provider.change { $0.lines = [.capture("ORD-1", at: paidAt)] }
            for (age, amount, refunded) in [(3, 400 as Int64, 400 as Int64), (22, 100, 500)] {
                try await shop.pass(days: age)
                _ = try await shop.reconcile()
                provider.change { $0.lines += [.refund("R-\(age)", amount, at: shop.loop.now)] }
                try await shop.pass(days: 1)
                let report = try await shop.reconcile()
                guard age > 3 else {
                    #expect(report.adopted == 1)
                    continue
                }
                #expect(report.adopted == 0, "a charge of 26 days is not looked at")
                try await shop.pass(days: 5)
                #expect(try await shop.reconcile().adopted == 1)
                #expect(try await shop.payment()?.refundedAmount == refunded)
            }
            #expect(try await shop.owed() == 500)
        }
    }

    @Test func without_a_statement_a_charge_that_comes_about_after_its_refusal_is_found() async throws {
        try await withFake(hasStatement: false) { shop, provider in
            provider.change { $0.performing = { _ in .refused(reason: "no") } }
            _ = try await shop.pay()
            try await shop.pass(days: 1)
            _ = try await shop.reconcile()
            provider.change { $0.lines = [.capture("ORD-1", at: shop.loop.now)] }
            try await shop.pass(days: 1)
            #expect(try await shop.reconcile().adopted == 1)
            #expect(try await shop.hasStatus("CAPTURED"))
            #expect(try await shop.owed() == 1000)
        }
    }

    @Test func it_runs_by_itself() async throws {
        try await withFake("reconcileInterval: 10m") { shop, provider in
            _ = try await shop.pay()
            try await shop.until(within: .seconds(1200)) { try await shop.differences("OPEN").count == 1 }
        }
    }
}

extension StatementLine {
    fileprivate static func capture(_ order: String, at time: Timestamp, amount: Int64 = 1000) -> StatementLine {
        StatementLine(
            reference: "C-\(order)", orderId: order, kind: .capture, money: Money(amount, .southKoreanWon),
            movedAt: time)
    }

    fileprivate static func refund(
        _ reference: String, _ amount: Int64, at time: Timestamp, order: String = "ORD-1"
    ) -> StatementLine {
        StatementLine(
            reference: reference, orderId: order, kind: .refund, money: Money(amount, .southKoreanWon),
            chargeReference: "C-\(order)", movedAt: time)
    }
}

extension ServicesUnderTest {
    /// Runs one, and waits until it has ended.
    fileprivate func reconcile() async throws -> ReconciliationReport {
        // What was recorded at the very moment may be in the statement or not.
        try await wait(.seconds(1))
        let answer = try await send(.post, "payment", "/api/reconciliations")
        guard answer.status == 201 else { throw Unexpected(answer: answer) }
        return try answer.json(ReconciliationReport.self)
    }

    fileprivate func differences(_ state: String) async throws -> [ReconciliationDifference] {
        struct Page: Decodable {
            struct Embedded: Decodable { let differences: [ReconciliationDifference] }
            let _embedded: Embedded
        }
        return try await send(.get, "payment", "/api/differences/search/findByState?state=\(state)").json(Page.self)
            ._embedded.differences
    }

    fileprivate func adjust(_ payment: String, _ amount: Int64, _ currency: String, key: String) async throws
        -> Response
    {
        try await send(
            .post, "payment", "/api/ledger/adjustments",
            #"{"paymentId": "\#(payment)", "amount": \#(amount), "currency": "\#(currency)", "reason": "r", "by": "ann"}"#,
            key: key)
    }

    fileprivate func explain(_ id: String, by: String) async throws -> Response {
        try await send(
            .post, "payment", "/api/differences/\(id)/explanation", #"{"by": "\#(by)", "reason": "another shop's"}"#)
    }

    fileprivate func metric(_ name: String) async throws -> Double {
        let text = try await send(.get, "payment", "/metrics").text
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? -1
    }
}
