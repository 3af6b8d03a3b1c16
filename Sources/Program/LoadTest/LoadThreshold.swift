import Kernel

/// A condition that a load test must meet, for example `p99<200ms`, `checkout.p95<1s`, `errors<1%` or `rate>500`.
struct LoadThreshold: Sendable {
    enum Measure: Sendable, Equatable {
        /// In microseconds.
        case percentile(Double)
        case maximum
        /// A share, from 0 to 1.
        case errors
        /// Answered requests a second.
        case rate
    }
    let text: String
    /// One kind of requests; `nil` for all.
    let action: LoadAction?
    let measure: Measure
    let isUpperBound: Bool
    let bound: Double

    /// Reads conditions, separated by commas. Throws `UsageError`.
    static func parse(_ text: String) throws -> [LoadThreshold] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let threshold = LoadThreshold(String(part)) else {
                throw UsageError(
                    "--thresholds has no meaning for \(part): it is like p99<200ms, max<2s, checkout.p95<1s, errors<1% or "
                        + "rate>500")
            }
            return threshold
        }
    }

    private init?(_ text: String) {
        let text = text.filter { $0 != " " }
        guard let sign = text.firstIndex(where: { $0 == "<" || $0 == ">" }) else { return nil }
        var name = text[..<sign]
        if let dot = name.firstIndex(of: "."), let action = LoadAction(rawValue: String(name[..<dot])) {
            self.action = action
            name = name[name.index(after: dot)...]
        } else {
            action = nil
        }
        let value = text[text.index(after: sign)...]
        switch name {
        case "errors":
            guard value.hasSuffix("%"), let number = Double(value.dropLast()), number.isFinite else { return nil }
            (measure, bound) = (.errors, number / 100)
        case "rate":
            guard let number = Double(value.hasSuffix("/s") ? value.dropLast(2) : value), number.isFinite else {
                return nil
            }
            (measure, bound) = (.rate, number)
        case "max":
            guard let duration = LoadUnits.duration(value) else { return nil }
            (measure, bound) = (.maximum, duration.seconds * 1e6)
        default:
            guard name.first == "p", let number = Double(name.dropFirst()), number > 0, number < 100,
                let duration = LoadUnits.duration(value)
            else { return nil }
            (measure, bound) = (.percentile(number / 100), duration.seconds * 1e6)
        }
        self.text = text
        isUpperBound = text[sign] == "<"
    }

    /// Whether the condition holds. Without a single answer no condition about latencies or errors does: nothing is known.
    func holds(for result: LoadTally, over elapsed: Duration) -> Bool {
        let value: Double?
        switch measure {
        case .percentile(let share): value = result.latencies.percentile(share).map(Double.init)
        case .maximum: value = result.latencies.count > 0 ? Double(result.latencies.maximum) : nil
        case .errors: value = result.sent > 0 ? Double(result.failures) / Double(result.sent) : nil
        case .rate: value = elapsed > .zero ? Double(result.successes) / elapsed.seconds : nil
        }
        guard let value else { return false }
        return isUpperBound ? value < bound : value > bound
    }
}
