import Glibc
import Kernel

/// The time as `Date` has it (RFC 9110 §5.6.7), written once a second.
struct HTTPDate {
    private var second: Int64 = .min
    private var text: [UInt8] = []

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    mutating func bytes(at time: Timestamp) -> [UInt8] {
        let now = time.milliseconds / 1000
        guard now != second else { return text }
        second = now
        var seconds = time_t(now)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(Self.days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(Self.months[Int(parts.tm_mon)])"
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        text = Array("\(day) \(parts.tm_year + 1900) \(clock) GMT".utf8)
        return text
    }
}
