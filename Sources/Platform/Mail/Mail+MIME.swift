import FoundationEssentials
import Kernel

extension Mail {
    /// The mail as bytes (RFC 5322, RFC 2045 and 2046) with CRLF line ends: text alone, or text and HTML as
    /// alternatives. Bodies are base64, which is safe for every character and line length.
    public var bytes: [UInt8] {
        let headers = [
            "Message-ID: <\(messageId)>",
            "Date: \(MailDate.text(date))",
            "From: <\(from)>",
            "To: <\(to)>",
            "Subject: \(HeaderText.encode(subject))",
            // Machines must not reply to an automatic mail (RFC 3834).
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ]
        return Array((headers + body).joined(separator: "\r\n").utf8)
    }

    /// The Message-ID without brackets, made of the mail's id alone.
    public var messageId: String { "\(FileName.safe(id))@\(from.domain)" }

    /// The boundary of the parts; no line of base64 begins with it.
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

    /// Replaces all line ends by CRLF, as text must have before its base64 encoding (RFC 2045 §6.8).
    private static func canonical(_ text: String) -> String {
        let ends: [Character] = ["\n", "\r", "\r\n"]
        return text.split(omittingEmptySubsequences: false, whereSeparator: ends.contains).joined(separator: "\r\n")
    }
}

/// Text in a header, encoded by RFC 2047 unless it is plain ASCII.
enum HeaderText {
    /// Encodes text as one logical line, so that text cannot add a header.
    static func encode(_ text: String) -> String {
        let line = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        // Readers would decode text that looks like an encoded word.
        let isPlain = line.utf8.allSatisfy { $0 < 0x80 } && !line.contains("=?")
        return isPlain ? line : words(line).joined(separator: "\r\n ")
    }

    /// Splits a line into encoded words of at most 75 bytes, between characters (RFC 2047 §2, §5).
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

/// Dates of RFC 5322 §3.3 in UTC, for example `Sat, 31 Jan 2026 08:15:30 +0000`.
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
