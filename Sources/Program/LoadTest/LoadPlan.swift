import Kernel

/// A load test as it was asked for: how many buyers or requests, for how long, and of what kinds.
struct LoadPlan: Sendable {
    /// How the load comes about.
    enum Model: String, Sendable {
        /// So many buyers, each of whom sends the next request once the last is answered: a slow shop gets less load.
        case closed
        /// So many requests a second, whatever the shop does, as strangers come: latencies count from the moment at which a
        /// request was due, so that a standstill is not left out (coordinated omission).
        case open
    }
    let model: Model
    let stages: [LoadStage]
    let mix: LoadMix
    let thresholds: [LoadThreshold]
    /// Requests of the open model that may be under way; one that is due beyond them is not sent, and counts as failed.
    let maximumInFlight: Int
    let timeout: Duration
    let gateway: String

    var duration: Duration { stages.reduce(.zero) { $0 + $1.duration } }

    /// Buyers, or requests a second, at a moment after the beginning.
    func target(at time: Duration) -> Double {
        var begin = Duration.zero
        for stage in stages {
            if time < begin + stage.duration {
                let share = (time - begin).seconds / stage.duration.seconds
                return Double(stage.from) + Double(stage.target - stage.from) * share
            }
            begin += stage.duration
        }
        return 0
    }

    /// The most buyers, or requests a second, of any moment.
    var peak: Int { stages.map(\.target).max() ?? 0 }
}

/// A part of a load test, in which the number of buyers, or of requests a second, goes in a line from one to another.
struct LoadStage: Sendable, Equatable {
    let duration: Duration
    let from: Int
    let target: Int

    /// Reads `10s:50,1m:200`: 50 are reached after ten seconds, from none, and 200 a minute later. Throws `UsageError`.
    static func parse(_ text: String) throws -> [LoadStage] {
        var stages: [LoadStage] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
            guard pieces.count == 2, let duration = LoadUnits.duration(pieces[0]), duration >= .seconds(1),
                duration <= .seconds(86_400), let target = Int(pieces[1]), (0...100_000).contains(target)
            else {
                throw UsageError(
                    "--stages must be like 10s:50,1m:200, each a duration of at least 1s and a target of at most 100000, "
                        + "not \(part)")
            }
            stages.append(LoadStage(duration: duration, from: stages.last?.target ?? 0, target: target))
        }
        return stages
    }
}

/// Durations as they are written for people: `250us`, `20ms`, `1.5s`, `2m`, `1h`.
enum LoadUnits {
    static func duration(_ text: some StringProtocol) -> Duration? {
        let units: [(String, Double)] = [("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)]
        guard let (suffix, seconds) = units.first(where: { text.hasSuffix($0.0) }),
            let number = Double(text.dropLast(suffix.count)), number.isFinite, number >= 0, number < 1e9
        else { return nil }
        return .nanoseconds(Int64(number * seconds * 1e9))
    }

    /// A number with so many digits behind the point.
    static func decimal(_ value: Double, _ digits: Int = 1) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        var scale: Int64 = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// Microseconds as milliseconds.
    static func milliseconds(_ microseconds: Int64?) -> String {
        microseconds.map { decimal(Double($0) / 1000, 2) + " ms" } ?? "-"
    }
}
