import Testing

@testable import Resilience

@Suite struct CircuitBreakerMachineTests {
    var machine = CircuitBreakerMachine(
        settings: CircuitBreakerSettings(
            windowSize: 4, failureRate: 0.5, minimumCalls: 2, openDuration: .seconds(10), probes: 2))

    /// Makes one call that ends at once.
    mutating func call(_ result: CircuitBreakerMachine.Result, at second: Int = 0) throws {
        machine.finish(try permit(at: second), result, at: .seconds(second))
    }

    mutating func permit(at second: Int) throws -> CircuitBreakerMachine.Permit {
        let admission = machine.admit(at: .seconds(second))
        guard case .admitted(let permit) = admission else { throw NotAdmitted() }
        return permit
    }

    struct NotAdmitted: Error {}

    @Test(
        arguments: [
            ("f", .closed), ("ff", .open), ("sf", .open), ("ssf", .closed), ("ssff", .open), ("ssssff", .open),
            ("sssssf", .closed), ("fw", .closed), ("fwwww", .closed), ("sssfsssf", .closed), ("sssfsf", .open),
        ] as [(String, CircuitBreakerState)])
    mutating func it_opens_at_the_rate_of_failures_over_the_window(calls: String, state: CircuitBreakerState) throws {
        for call in calls { try self.call(call == "f" ? .failure : call == "s" ? .success : .withdrawn) }
        #expect(machine.state == state)
    }

    @Test mutating func open_rejects_until_its_time_is_over_then_lets_probes_through() throws {
        try call(.failure)
        try call(.failure)
        #expect(machine.admit(at: .seconds(4)) == .rejected(retryAfter: .seconds(6)))
        let probe = try permit(at: 10)
        #expect(machine.state == .halfOpen)
        _ = try permit(at: 10)
        #expect(machine.admit(at: .seconds(10)) == .rejected(retryAfter: .zero))
        machine.finish(probe, .success, at: .seconds(11))
        #expect(machine.admit(at: .seconds(11)) == .rejected(retryAfter: .zero))
    }

    @Test mutating func all_probes_must_succeed_to_close() throws {
        try call(.failure)
        try call(.failure)
        try call(.success, at: 10)
        #expect(machine.state == .halfOpen)
        try call(.success, at: 10)
        #expect(machine.state == .closed)
        // The failures of before are forgotten.
        try call(.failure, at: 11)
        #expect(machine.state == .closed)
    }

    @Test mutating func one_failing_probe_opens_it_again_for_the_full_time() throws {
        try call(.failure)
        try call(.failure)
        try call(.success, at: 10)
        try call(.failure, at: 12)
        #expect(machine.admit(at: .seconds(21)) == .rejected(retryAfter: .seconds(1)))
    }

    @Test mutating func a_withdrawn_probe_gives_its_place_back() throws {
        try call(.failure)
        try call(.failure)
        for _ in 0..<5 { try call(.withdrawn, at: 10) }
        #expect(machine.state == .halfOpen)
        _ = try permit(at: 10)
    }

    @Test mutating func a_result_from_before_a_change_of_state_is_ignored() throws {
        let (old, older) = (try permit(at: 0), try permit(at: 0))
        try call(.failure)
        try call(.failure)
        try call(.success, at: 10)
        machine.finish(old, .failure, at: .seconds(11))
        machine.finish(older, .success, at: .seconds(11))
        #expect(machine.phase == .halfOpen(admitted: 1, succeeded: 1))
    }
}
