import FoundationEssentials
import Kernel

extension Mail {
    /// The mail as it travels (RFC 5322, RFC 2045 and 2046), lines ended by CRLF: text alone, or text and HTML as
    /// alternatives. Bodies are base64, so that every character and line length is safe.
    public var bytes: [UInt8] {
        let headers = [
            "Message-ID: <\(messageId)>",
            "Date: \(MailDate.text(date))",
            "From: <\(from)>",
            "To: <\(to)>",
            "Subject: \(HeaderText.encode(subject))",
            // A reply that nobody writes by hand is not to be answered by a machine (RFC 3834).
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ]
        return Array((headers + body).joined(separator: "\r\n").utf8)
    }

    /// Without brackets. Made of the id alone, each id another.
    public var messageId: String { "\(FileName.safe(id))@\(from.domain)" }

    /// No line of base64 begins like this.
    private static let boundary = "=_alternative"

    private var body: [String] {
        let plain = Self.part("text/plain", text)
        guard let html else { return plain + [""] }
        let separator = "--" + Self.boundary
        return ["Content-Type: multipart/alternative; boundary=\"\(Self.boundary)\"", "", separator] + plain
            + [separator] + Self.part("text/html", html) + [separator + "--", ""]
    }

    private static func part(_ type: String, _ text: String) -> [String] {
        let encoded = Data(canonical(text).utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        return ["Content-Type: \(type); charset=utf-8", "Content-Transfer-Encoding: base64", "", encoded]
    }

    /// With the line ends that text has in a mail before it is encoded (RFC 2045 §6.8), whatever it was written with.
    private static func canonical(_ text: String) -> String {
        let ends: [Character] = ["\n", "\r", "\r\n"]
        return text.split(omittingEmptySubsequences: false, whereSeparator: ends.contains).joined(separator: "\r\n")
    }
}

/// Text in a header: RFC 2047 where it is more than plain ASCII.
enum HeaderText {
    /// One logical line whatever was typed: a header never becomes two.
    static func encode(_ text: String) -> String {
        let line = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        // What looks like an encoded word would be decoded.
        let isPlain = line.utf8.allSatisfy { $0 < 0x80 } && !line.contains("=?")
        return isPlain ? line : words(line).joined(separator: "\r\n ")
    }

    /// At most 75 characters each, of whole characters (RFC 2047 §2, §5).
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in line.unicodeScalars {
            if word.utf8.count + UTF8.width(scalar) > 45 {
                words.append(word)
                word = ""
            }
            word.unicodeScalars.append(scalar)
        }
        words.append(word)
        return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }
    }
}

/// RFC 5322 §3.3, in UTC, for example `Sat, 31 Jan 2026 08:15:30 +0000`.
enum MailDate {
    static func text(_ time: Timestamp) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second, .weekday],
            from: Date(timeIntervalSince1970: Double(time.milliseconds) / 1000))
        let day = days[(parts.weekday ?? 1) - 1]
        let month = months[(parts.month ?? 1) - 1]
        let clock = [parts.hour, parts.minute, parts.second].map { two($0 ?? 0) }.joined(separator: ":")
        return "\(day), \(two(parts.day ?? 1)) \(month) \(parts.year ?? 1970) \(clock) +0000"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
}
