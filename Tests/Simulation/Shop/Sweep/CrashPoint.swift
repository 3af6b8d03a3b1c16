/// Where in a run something dies.
struct CrashPoint: Sendable, Hashable, CustomStringConvertible {
    enum Place: Sendable, Hashable {
        /// When that many steps were made.
        case afterStep
        /// Inside that step, right before its nth commit: all is written, nothing is durable.
        case beforeCommit(Int)
        /// Inside that step, right after its nth commit: all is durable, nobody was told.
        case afterCommit(Int)
    }
    let step: Int
    let place: Place

    var isAfterCommit: Bool { if case .afterCommit = place { true } else { false } }

    var description: String {
        switch place {
        case .afterStep: "after step \(step)"
        case .beforeCommit(let number): "in step \(step), before its commit \(number)"
        case .afterCommit(let number): "in step \(step), after its commit \(number)"
        }
    }
}

/// What a sweep has done and found.
struct SweepReport {
    var points = 0
    /// Points whose restart was run: of those that leave the same files at the same time to the same customer, one is.
    var restarts = 0
    var failures: [String] = []

    /// A shop that cannot settle takes its time to show it: what ten points found need not be found a thousand times.
    var isHopeless: Bool { failures.count >= 10 }

    mutating func fail(
        _ scenario: Scenario, seed: UInt64, _ point: CrashPoint, of service: String?, _ error: any Error
    ) {
        var again = "SAMBAL_SIMULATE_SCENARIO=\(scenario.name) SAMBAL_SIMULATE_SEED=\(seed) "
        again += "SAMBAL_SIMULATE_STEP=\(point.step)"
        if let service { again += " SAMBAL_SIMULATE_SERVICE=\(service)" }
        failures.append("\(service ?? "the world") crashed \(point): \(error)\n    again: \(again) make sweeps")
    }
}
