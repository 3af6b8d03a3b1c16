import Kernel
import Testing

@testable import PaymentProviders

@Suite struct ConfirmationGateTests {
    private let start = Timestamp(milliseconds: 0)

    @Test func a_reference_that_was_removed_and_inserted_again_stays_as_long_as_a_new_one() {
        let gate = ConfirmationGate(capacity: 2)
        gate.learnAbsent("again", at: start)
        // It becomes known, which ends its absence, and is then forgotten in favour of two others.
        for reference in ["again", "first", "second"] { gate.learn(reference) }
        gate.learnAbsent("again", at: start)
        gate.learnAbsent("next", at: start)
        #expect(gate.admit("again", at: start) == .absent)
        #expect(gate.admit("next", at: start) == .absent)
        gate.learnAbsent("last", at: start)
        #expect(gate.admit("again", at: start) == .lookUp)
        #expect(gate.admit("next", at: start) == .absent)
    }

    @Test func the_oldest_references_give_way_to_new_ones() {
        let gate = ConfirmationGate(capacity: 3)
        for number in 1...7 { gate.learnAbsent("\(number)", at: start) }
        let absent = (1...7).filter { gate.admit("\($0)", at: start) == .absent }
        #expect(absent == [5, 6, 7])
    }

    @Test func a_known_reference_is_looked_up_once_a_second_and_needs_no_budget() {
        let gate = ConfirmationGate()
        gate.learn("known")
        #expect(gate.admit("known", at: start) == .lookUp)
        #expect(gate.admit("known", at: start + .milliseconds(999)) == .later)
        for number in 1...20 { #expect(gate.admit("\(number)", at: start) == .lookUp) }
        #expect(gate.admit("stranger", at: start) == .later)
        #expect(gate.admit("known", at: start + .seconds(1)) == .lookUp)
    }
}
