import Kernel
import Synchronization

/// Counts and latencies of some requests.
struct LoadTally: Sendable {
    var successes = 0
    var failures = 0
    /// Requests of which nobody knows whether they had their effect.
    var unknown = 0
    var bytes = 0
    var latencies = LatencyHistogram()

    var sent: Int { successes + failures }

    mutating func merge(_ other: LoadTally) {
        successes += other.successes
        failures += other.failures
        unknown += other.unknown
        bytes += other.bytes
        latencies.merge(other.latencies)
    }
}

/// One request that has ended.
struct LoadSample: Sendable {
    let action: LoadAction
    /// Since the moment at which it was due.
    let latency: Duration
    let bytes: Int
    /// The reason of a failure, short enough to count by.
    let failure: String?
    let isUnknown: Bool
}

/// Collects what workers report: by kind, by second and by reason of failure.
final class LoadMeter: Sendable {
    struct State: Sendable {
        var byAction: [LoadAction: LoadTally] = [:]
        var bySecond: [LoadTally] = []
        var failures: [String: Int] = [:]
        var inFlight = 0
        /// The sum of all time spent in requests, for the mean number under way.
        var busy = Duration.zero
    }
    private let state = Mutex(State())
    /// Reasons that are told apart; more would be a list that nobody reads.
    private static let maximumReasons = 50
    /// Seconds that are kept; a test is at most a day long.
    private static let maximumSeconds = 90_000

    func began() { state.withLock { $0.inFlight += 1 } }

    /// `second` is that of the sample's end, since the beginning of the test.
    func ended(_ sample: LoadSample, second: Int, busy: Duration) {
        state.withLock { state in
            state.inFlight -= 1
            state.busy += busy
            Self.add(sample, second: second, to: &state)
        }
    }

    /// Counts a request that was due and was not sent.
    func dropped(_ action: LoadAction, second: Int) {
        state.withLock { state in
            let sample = LoadSample(
                action: action, latency: .zero, bytes: 0, failure: "not sent: too many were under way",
                isUnknown: false)
            Self.add(sample, second: second, to: &state)
        }
    }

    var inFlight: Int { state.withLock { $0.inFlight } }

    var snapshot: State { state.withLock { $0 } }

    private static func add(_ sample: LoadSample, second: Int, to state: inout State) {
        var tally = LoadTally()
        tally.bytes = sample.bytes
        if let failure = sample.failure {
            tally.failures = 1
            tally.unknown = sample.isUnknown ? 1 : 0
            let reason = "\(sample.action.rawValue): \(failure)"
            let isKnown = state.failures[reason] != nil || state.failures.count < maximumReasons
            state.failures[isKnown ? reason : "other reasons", default: 0] += 1
        } else {
            tally.successes = 1
        }
        // A request that was not sent has no latency.
        if sample.latency > .zero { tally.latencies.record(microseconds: sample.latency.wholeNanoseconds / 1000) }
        state.byAction[sample.action, default: LoadTally()].merge(tally)
        let second = min(max(0, second), maximumSeconds)
        while state.bySecond.count <= second { state.bySecond.append(LoadTally()) }
        state.bySecond[second].merge(tally)
    }
}
