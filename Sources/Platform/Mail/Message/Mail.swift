import FoundationEssentials
public import Kernel

/// A mail to one person, as text (RFC 5322, RFC 2045).
public struct Mail: Sendable, Hashable {
    /// Names the mail for good: one sent again has the same, so that the other side can recognise it.
    public let id: String
    public let from: String
    public let to: String
    public let subject: String
    public let text: String
    public let date: Timestamp

    public init(id: String, from: String, to: String, subject: String, text: String, date: Timestamp) {
        self.id = id
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.date = date
    }

    /// Header and body with CRLF line ends. The body travels as base64, so that every character and line length is safe.
    public var bytes: [UInt8] {
        let domain = from.split(separator: "@").last ?? "localhost"
        let headers = [
            "Message-ID: <\(Self.atom(id))@\(domain)>",
            "Date: \(Self.date(date))",
            "From: <\(Self.oneLine(from))>",
            "To: <\(Self.oneLine(to))>",
            "Subject: \(Self.encodedWord(subject))",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        let body = Data(text.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        return Array((headers.joined(separator: "\r\n") + "\r\n\r\n" + body + "\r\n").utf8)
    }

    /// A header must not be broken into two by what somebody typed.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }

    private static func atom(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" })
    }

    /// RFC 2047, where the text is not plain ASCII: words of at most 75 characters, each with whole characters.
    private static func encodedWord(_ text: String) -> String {
        let text = oneLine(text)
        guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        var words: [String] = []
        var word = ""
        for character in text {
            if word.utf8.count + character.utf8.count > 42 {
                words.append(word)
                word = ""
            }
            word.append(character)
        }
        words.append(word)
        return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }

    /// RFC 5322 §3.3, in UTC, for example `Sat, 31 Jan 2026 08:15:30 +0000`.
    private static func date(_ time: Timestamp) -> String {
        let parts = DateParts(time)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let day = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][parts.weekdayFromEpoch]
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
            parts.month - 1]
        return
            "\(day), \(two(parts.day)) \(month) \(parts.year) \(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) +0000"
    }
}

/// A time in the parts of the calendar, in UTC.
private struct DateParts {
    let year, month, day, hour, minute, second: Int
    /// 0 on the weekday of 1970-01-01, a Thursday.
    let weekdayFromEpoch: Int

    init(_ time: Timestamp) {
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        year = parts.year ?? 1970
        month = parts.month ?? 1
        day = parts.day ?? 1
        hour = parts.hour ?? 0
        minute = parts.minute ?? 0
        second = parts.second ?? 0
        let days = Int((time.milliseconds - (time.milliseconds % 86_400_000 + 86_400_000) % 86_400_000) / 86_400_000)
        weekdayFromEpoch = ((days % 7) + 7) % 7
    }
}
