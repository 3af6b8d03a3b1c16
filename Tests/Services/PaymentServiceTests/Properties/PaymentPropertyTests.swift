import Kernel
import Testing

@testable import PaymentService

/// Random sequences of everything that can befall a payment, in any order: duplicates, contradictions, late news. A
/// failure names its seed and the shortest sequence that still fails.
@Suite struct PaymentPropertyTests {
    static let sequences: UInt64 = 12_000
    static let amounts: [Int64] = [100, 1, 2, 9_999_999, Money.limit]

    @Test func no_sequence_of_events_breaks_payment_or_ledger() throws {
        for seed in 0..<Self.sequences {
            let amount = Self.amounts[Int(seed) % Self.amounts.count]
            let events = PaymentEvent.sequence(seed: seed, amount: amount)
            guard failure(events, amount) != nil else { continue }
            let minimal = shrunk(events) { failure($0, amount) != nil }
            Issue.record("seed \(seed), amount \(amount): \(failure(minimal, amount) ?? ""): \(minimal)")
            return
        }
    }

    @Test func the_sequences_reach_every_status() throws {
        var reached: Set<PaymentStatus> = []
        for seed in 0..<Self.sequences where reached.count < PaymentStatus.allCases.count {
            try PaymentHistory.run(PaymentEvent.sequence(seed: seed, amount: 100), amount: 100) { history in
                reached.insert(history.payment.status)
                return nil
            }
        }
        #expect(reached == Set(PaymentStatus.allCases))
    }

    @Test func a_rule_that_does_not_hold_is_found_and_shrunk_to_what_breaks_it() throws {
        let failing: ([PaymentEvent]) -> Bool = { events in
            do {
                try PaymentHistory.run(events, amount: 100) { $0.payment.refundedAmount > 0 ? "none goes back" : nil }
                return false
            } catch { return true }
        }
        let found = (0..<Self.sequences).lazy.map { PaymentEvent.sequence(seed: $0, amount: 100) }
            .first { failing($0) && $0.count > 10 }
        let events = try #require(found)
        let minimal = shrunk(events, while: failing)
        // A charge that succeeds and a refund that does, or money that turns up for a cancelled order and goes back.
        #expect((2...6).contains(minimal.count) && failing(minimal), "\(minimal)")
    }

    private func failure(_ events: [PaymentEvent], _ amount: Int64) -> String? {
        do {
            try PaymentHistory.run(events, amount: amount)
            return nil
        } catch { return "\(error)" }
    }
}
