/// Durations as people write them: `500ms`, `2s`, `1.5s`, `1m`, `24h`, `7d`.
public enum DurationText {
    /// The longest that is accepted.
    public static let limit = Duration.seconds(10_000 * 86_400)

    private static let units: [(name: String, seconds: Double, duration: Duration)] = [
        ("d", 86_400, .seconds(86_400)), ("h", 3600, .seconds(3600)), ("m", 60, .seconds(60)), ("s", 1, .seconds(1)),
        ("ms", 1e-3, .milliseconds(1)), ("us", 1e-6, .microseconds(1)), ("ns", 1e-9, .nanoseconds(1)),
    ]

    /// `nil` where it is something else, negative or beyond `limit`.
    public static func read(_ text: String) -> Duration? {
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        let name = text.dropFirst(digits.count)
        guard let unit = units.first(where: { $0.name == name }), let number = Double(digits), number.isFinite,
            number * unit.seconds <= 10_000 * 86_400
        else { return nil }
        if let whole = Int(digits) { return unit.duration * whole }
        return .nanoseconds(Int64((number * unit.seconds * 1e9).rounded()))
    }

    /// In the largest unit that leaves a whole number.
    public static func show(_ duration: Duration) -> String {
        if duration == .zero { return "0s" }
        for unit in units {
            let count = Int64(duration / unit.duration)
            if count > 0, unit.duration * count == duration { return "\(count)\(unit.name)" }
        }
        return "\(duration / .seconds(1))s"
    }
}
