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
