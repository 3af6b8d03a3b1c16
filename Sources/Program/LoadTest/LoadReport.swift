import FoundationEssentials
import Kernel

/// The result of a load test, as it is shown, kept as JSON and drawn.
struct LoadReport: Sendable, Codable {
    /// One kind of requests, or all of them. Latencies are in microseconds.
    struct Figures: Sendable, Codable {
        let sent: Int
        let successes: Int
        let failures: Int
        /// Failures of which nobody knows whether the request had its effect.
        let unknown: Int
        let rate: Double
        let mean: Double?
        let minimum: Int64?
        let p50, p90, p95, p99, p999: Int64?
        let maximum: Int64?
    }
    /// One second of the test.
    struct Second: Sendable, Codable {
        let successes: Int
        let failures: Int
        let p50, p99: Int64?
    }
    struct Verdict: Sendable, Codable {
        let threshold: String
        let isMet: Bool
    }
    /// The resources that the processes on the data folder used.
    struct Usage: Sendable, Codable {
        /// Seconds of CPU during the test.
        let cpu: Double
        /// Bytes, at the end.
        let memory: Double
    }

    let version: String
    /// RFC 3339.
    let startedAt: String
    let model: String
    let mix: String
    let stages: [[Int]]
    /// Seconds.
    let elapsed: Double
    let bytes: Int
    /// The mean number of requests under way.
    let concurrency: Double
    let all: Figures
    let byAction: [String: Figures]
    let seconds: [Second]
    let failures: [String: Int]
    let thresholds: [Verdict]
    var usage: Usage?
    var shop: ShopFigures?

    init(plan: LoadPlan, state: LoadMeter.State, elapsed: Duration, startedAt: Timestamp, version: String) {
        let total = state.byAction.values.reduce(into: LoadTally()) { $0.merge($1) }
        let seconds = max(elapsed.seconds, 0.001)
        self.version = version
        self.startedAt = startedAt.description
        model = plan.model.rawValue
        mix = plan.mix.text
        stages = plan.stages.map { [Int($0.duration.wholeMilliseconds), $0.from, $0.target] }
        self.elapsed = elapsed.seconds
        bytes = total.bytes
        concurrency = state.busy.seconds / seconds
        all = Figures(total, over: seconds)
        byAction = Dictionary(
            uniqueKeysWithValues: state.byAction.map { ($0.key.rawValue, Figures($0.value, over: seconds)) })
        self.seconds = state.bySecond.map { tally in
            Second(
                successes: tally.successes, failures: tally.failures, p50: tally.latencies.percentile(0.5),
                p99: tally.latencies.percentile(0.99))
        }
        failures = state.failures
        thresholds = plan.thresholds.map { threshold in
            let tally = threshold.action.map { state.byAction[$0] ?? LoadTally() } ?? total
            return Verdict(threshold: threshold.text, isMet: threshold.holds(for: tally, over: elapsed))
        }
    }

    var meetsThresholds: Bool { thresholds.allSatisfy(\.isMet) }
}

extension LoadReport.Figures {
    init(_ tally: LoadTally, over seconds: Double) {
        let latencies = tally.latencies
        self.init(
            sent: tally.sent, successes: tally.successes, failures: tally.failures, unknown: tally.unknown,
            rate: Double(tally.successes) / seconds, mean: latencies.mean,
            minimum: latencies.count > 0 ? latencies.minimum : nil, p50: latencies.percentile(0.5),
            p90: latencies.percentile(0.9), p95: latencies.percentile(0.95), p99: latencies.percentile(0.99),
            p999: latencies.percentile(0.999), maximum: latencies.count > 0 ? latencies.maximum : nil)
    }

    /// The share of requests that were answered with success, in percent.
    var availability: Double { sent > 0 ? Double(successes) * 100 / Double(sent) : 0 }
}
