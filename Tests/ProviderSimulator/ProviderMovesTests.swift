import HTTP
import Kernel
import PaymentProviders
import SimulatorTestSupport
import Testing

/// What a provider does by itself, and what it decides long after: through the simulator's own adapter.
@Suite struct ProviderMovesTests {
    private static func provider(_ psp: SimulatorUnderTest) -> SimulatorProvider {
        SimulatorProvider(client: psp.client, secret: psp.secret, timeout: .seconds(2))
    }

    private static func call(_ action: ProviderAction, _ amount: Int64, key: String, about id: String? = nil)
        -> ProviderCall
    {
        ProviderCall(
            action: action, orderId: "ORD-1", money: Money(amount, .southKoreanWon), idempotencyKey: key, reference: id)
    }

    private static func told(_ psp: SimulatorUnderTest, _ count: Int) async throws -> [ProviderCallback] {
        var callbacks: [ProviderCallback] = []
        for request in try await psp.receive(count) {
            callbacks.append(try await provider(psp).callback(in: request, at: psp.loop.now))
        }
        return callbacks
    }

    private static func lines(_ psp: SimulatorUnderTest, of charge: String) async throws -> [StatementLine] {
        let window = StatementWindow(start: Timestamp(milliseconds: 0), end: psp.loop.now + .seconds(1))
        let statement = try await provider(psp).statement(in: window, after: nil)
        #expect(statement.next == nil)
        let movements = try await provider(psp).movements(of: call(.charge, 1000, key: "K-1", about: charge))
        #expect(Set(statement.lines) == Set(movements))
        return statement.lines
    }

    @Test func a_refund_at_the_providers_side_has_no_key_and_stands_in_the_statement() async throws {
        try await withSimulator { psp in
            let charge = try await psp.made(key: "K-1")
            #expect(try await psp.admin("charges/\(charge)/refund", #"{"amount": 400}"#).status == 200)
            #expect(try await psp.admin("charges/\(charge)/refund").status == 200)
            #expect(try await psp.admin("charges/\(charge)/refund").status == 422)
            let told = try await Self.told(psp, 3)
            #expect(told.map(\.event) == [.succeeded(.charge), .succeeded(.refund), .succeeded(.refund)])
            #expect(told.map(\.money.amount) == [1000, 400, 600])
            #expect(told.map(\.idempotencyKey) == ["K-1", nil, nil])
            #expect(told.allSatisfy { $0.reference == charge })
            let lines = try await Self.lines(psp, of: charge)
            #expect(lines.map(\.kind) == [.capture, .refund, .refund])
            #expect(lines.dropFirst().map(\.reference) == told.dropFirst().map(\.refundReference))
            #expect(lines.map(\.idempotencyKey) == ["K-1", nil, nil])
            #expect(lines.allSatisfy { $0.chargeReference == charge && $0.movedAt != nil })
        }
    }

    @Test func a_refund_that_was_made_and_fails_comes_back() async throws {
        try await withSimulator { psp in
            let charge = try await psp.made(key: "K-1")
            let refund = try await psp.made("refund", key: "R-1", about: charge)
            #expect(try await psp.admin("refunds/\(refund)/fail", #"{"reason": "account closed"}"#).status == 200)
            #expect(try await psp.admin("refunds/\(refund)/fail").status == 422)
            let told = try await Self.told(psp, 3)
            #expect(told.last?.event == .refused(.refund, reason: "account closed"))
            #expect(told.last?.refundReference == refund)
            #expect(told.last?.idempotencyKey == "R-1")
            let found = await Self.provider(psp).find(Self.call(.refund, 1000, key: "R-1", about: charge))
            #expect(found == .refused(reason: "account closed"))
            let lines = try await Self.lines(psp, of: charge)
            #expect(Set(lines.map(\.kind)) == [.capture, .refund, .refundFailure])
            #expect(lines.filter { $0.reference == refund }.count == 2)
            // It can be given back anew.
            _ = try await psp.made("refund", key: "R-2", about: charge)
        }
    }

    @Test(arguments: [("refundFailsLater", false), ("pendingRefunds", true)])
    func a_pending_refund_is_decided_later(_ fault: String, _ succeeds: Bool) async throws {
        try await withSimulator("confirmation: answer") { psp in
            let provider = Self.provider(psp)
            try await psp.faults(#"{"\#(fault)": "1 time", "lateAfter": "1m"}"#)
            let charge = try await psp.made(key: "K-1")
            let refund = Self.call(.refund, 1000, key: "R-1", about: charge)
            guard case .accepted(let report) = await provider.perform(refund) else {
                Issue.record("the refund is decided")
                return
            }
            #expect(await provider.find(refund) == .pending(report))
            #expect(try await psp.move("refund", amount: 1, key: "R-2", about: charge).status == 422)
            try await psp.loop.sleep(for: .seconds(55))
            #expect(psp.callbacks.requests.count == 1)
            let told = try await Self.told(psp, 2)
            let reason = "insufficient funds"
            #expect(told.last?.event == (succeeds ? .succeeded(.refund) : .refused(.refund, reason: reason)))
            #expect(await provider.find(refund) == (succeeds ? .succeeded(report) : .refused(reason: reason)))
            #expect(try await Self.lines(psp, of: charge).map(\.kind) == (succeeds ? [.capture, .refund] : [.capture]))
            #expect(
                try await psp.move("refund", amount: 1000, key: "R-3", about: charge).status == (succeeds ? 422 : 201))
        }
    }

    @Test func a_late_charge_stays_pending_and_succeeds_long_after() async throws {
        try await withSimulator { psp in
            try await psp.faults(#"{"lateCaptures": "1 time", "lateAfter": "2h"}"#)
            let charge = try await psp.made(key: "K-1")
            let provider = Self.provider(psp)
            #expect(await provider.find(Self.call(.charge, 1000, key: "K-1")).outcome.isAccepted)
            #expect(try await psp.move("refund", key: "R-1", about: charge).status == 422)
            let before = psp.loop.now
            let told = try await Self.told(psp, 1, within: .seconds(7300))
            #expect(told.first?.event == .succeeded(.charge))
            #expect(psp.loop.now - before >= .seconds(7200))
            let lines = try await Self.lines(psp, of: charge)
            #expect(lines.map(\.kind) == [.capture])
            #expect(try #require(lines.first?.movedAt) - before >= .seconds(7200))
        }
    }

    @Test func a_declined_charge_is_paid_after_all() async throws {
        try await withSimulator { psp in
            try await psp.faults(#"{"declinesFirst": "1 time", "lateAfter": "1m"}"#)
            #expect(try await psp.move(key: "K-1").status == 402)
            let told = try await Self.told(psp, 2)
            #expect(told.map(\.event) == [.refused(.charge, reason: "insufficient funds"), .succeeded(.charge)])
            #expect(told[0].reference == told[1].reference)
            #expect(try await Self.lines(psp, of: told[0].reference).map(\.kind) == [.capture])
        }
    }

    @Test func a_dispute_goes_through_its_stages() async throws {
        try await withSimulator { psp in
            let charge = try await psp.made(key: "K-1")
            let stages: [DisputeStage] = [.opened, .fundsWithdrawn, .fundsReinstated, .won]
            for stage in stages {
                let answer = try await psp.admin("charges/\(charge)/dispute", #"{"stage": "\#(stage.rawValue)"}"#)
                #expect(answer.status == 200, "\(stage)")
            }
            #expect(try await psp.admin("charges/\(charge)/dispute", #"{"stage": "lost"}"#).status == 422)
            let told = try await Self.told(psp, 5)
            let ids = told.dropFirst().compactMap { callback -> String? in
                if case .disputed(let id, _) = callback.event { id } else { nil }
            }
            #expect(Set(ids).count == 1 && ids.count == 4)
            #expect(told.dropFirst().map(\.event) == stages.map { .disputed(id: ids[0], $0) })
            #expect(told.allSatisfy { $0.reference == charge && $0.money.amount == 1000 })
            let lines = try await Self.lines(psp, of: charge)
            #expect(Set(lines.map(\.kind)) == [.capture, .dispute, .disputeReversal])
            #expect(lines.filter { $0.reference == ids[0] }.count == 2)
        }
    }

    @Test func what_is_disputed_is_not_refunded_as_well() async throws {
        try await withSimulator { psp in
            let charge = try await psp.made(key: "K-1")
            _ = try await psp.admin("charges/\(charge)/dispute", #"{"amount": 700}"#)
            _ = try await psp.admin("charges/\(charge)/dispute", #"{"stage": "fundsWithdrawn"}"#)
            #expect(try await psp.move("refund", amount: 301, key: "R-1", about: charge).status == 422)
            _ = try await psp.made("refund", amount: 300, key: "R-2", about: charge)
        }
    }

    @Test func a_wrong_amount_is_told_and_the_statement_tells_the_truth() async throws {
        try await withSimulator { psp in
            try await psp.faults(#"{"wrongAmounts": "1 time"}"#)
            let call = Self.call(.charge, 1000, key: "K-1")
            let answered = await Self.provider(psp).perform(call)
            guard case .accepted(let report) = answered else {
                Issue.record("\(answered)")
                return
            }
            #expect(report.money?.amount == 1100)
            #expect(try await Self.told(psp, 1).map(\.money.amount) == [1100])
            #expect(try await Self.lines(psp, of: report.reference).map(\.money.amount) == [1000])
        }
    }

    @Test func an_answer_that_names_another_order_is_contradicted_by_all_that_comes_after_it() async throws {
        try await withSimulator { psp in
            try await psp.faults(#"{"wrongOrders": "1 time"}"#)
            let call = Self.call(.charge, 1000, key: "K-1")
            let answered = await Self.provider(psp).perform(call)
            guard case .accepted(let report) = answered else {
                Issue.record("\(answered)")
                return
            }
            #expect(report.orderId == "OTHER-\(call.orderId)")
            #expect(try await Self.told(psp, 1).map(\.orderId) == [call.orderId])
            #expect(try await Self.lines(psp, of: report.reference).map(\.orderId) == [call.orderId])
        }
    }

    @Test func a_statement_keeps_to_its_window_and_goes_on_by_its_cursor() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            _ = try await psp.made(key: "K-1")
            try await psp.loop.sleep(for: .seconds(10))
            let start = psp.loop.now
            for number in 2...1100 { _ = try await psp.made(order: "ORD-\(number)", key: "K-\(number)") }
            try await psp.loop.sleep(for: .seconds(10))
            let end = psp.loop.now
            _ = try await psp.made(key: "K-LAST")
            let window = StatementWindow(start: start, end: end)
            let first = try await provider.statement(in: window, after: nil)
            let next = try #require(first.next)
            let second = try await provider.statement(in: window, after: next)
            #expect(try await provider.statement(in: window, after: next) == second)
            #expect(second.next == nil)
            let keys = (first.lines + second.lines).map(\.idempotencyKey)
            #expect(keys.count == 1099 && Set(keys).count == 1099)
            #expect(!keys.contains("K-1") && !keys.contains("K-LAST"))
        }
    }

    /// Larger ones could make sums of a statement or a trial balance overflow.
    @Test(arguments: [Money.limit + 1, .max])
    func an_amount_above_the_limit_is_400(_ amount: Int64) async throws {
        try await withSimulator { psp in
            let answer = try await psp.move(amount: amount, key: "K-1")
            #expect(answer.status == 400)
            #expect(Problem(answer)?.errors.first?.field == "amount")
            #expect(try await psp.move(amount: Money.limit, key: "K-2").status == 201)
        }
    }

    @Test(arguments: ["charges/CH-NONE/refund", "charges/CH-NONE/settle", "charges/CH-NONE/dispute", "refunds/R/fail"])
    func a_move_of_nothing_is_404(_ path: String) async throws {
        try await withSimulator { psp in
            let answer = try await psp.admin(path)
            #expect(answer.status == 404)
        }
    }
}

extension ProviderMovesTests {
    /// Longer than callbacks take by themselves.
    private static func told(
        _ psp: SimulatorUnderTest, _ count: Int, within limit: Duration
    ) async throws -> [ProviderCallback] {
        try await psp.loop.sleep(for: limit)
        return try await told(psp, count)
    }
}

extension ProviderOutcome {
    fileprivate var isAccepted: Bool {
        if case .accepted = self { true } else { false }
    }
}
