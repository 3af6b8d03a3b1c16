import FoundationEssentials

/// What the environment asks of the simulation: one seed, one step, the log of it.
///
/// `SAMBAL_SIMULATE_SEED`, `SAMBAL_SIMULATE_STEP`, `SAMBAL_SIMULATE_SCENARIO`, `SAMBAL_SIMULATE_SERVICE` narrow the
/// sweeps down to what a failure printed; with a step given, the services' log goes to standard error.
/// `SAMBAL_SIMULATE_SECONDS` says how long to explore.
enum Environment {
    static let seed = number("SEED")
    static let step = number("STEP").map(Int.init)
    static let scenario = text("SCENARIO")
    static let service = text("SERVICE")
    static let secondsToExplore = number("SECONDS").map(Int.init) ?? 15
    static let isVerbose = step != nil || text("LOG") != nil

    /// Whether a sweep is among those that are asked for. With a step given, it is the world's unless a service is named.
    static func allows(_ task: SweepTask) -> Bool {
        guard scenario.map({ $0 == task.scenario.name }) ?? true else { return false }
        return step == nil ? service.map { $0 == task.service } ?? true : service == task.service
    }

    private static func number(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }

    private static func text(_ name: String) -> String? {
        ProcessInfo.processInfo.environment["SAMBAL_SIMULATE_" + name]
    }
}
