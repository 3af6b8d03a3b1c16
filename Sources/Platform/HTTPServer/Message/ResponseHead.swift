import Glibc
import HTTP
import Kernel

/// Writes the head of an answer. The server alone says how long the body is and whether the connection goes on; a field
/// that would break the message is left out.
struct ResponseHead {
    private(set) var bytes: [UInt8] = []

    /// `connection` says how the connection goes on, where that is not what the version of HTTP says.
    /// A body in pieces whose length is not known comes in chunks if the client reads them.
    init(_ response: Response, date: [UInt8], connection: String?, takesChunks: Bool = true) {
        bytes.reserveCapacity(384)
        append("HTTP/1.1 ")
        append(String(response.status))
        append(" ")
        append(Problem.reason(response.status))
        append("\r\nDate: ")
        bytes += date
        append("\r\n")
        for field in response.headers.fields where Self.isAllowed(field) {
            append(field.name)
            append(": ")
            append(field.value)
            append("\r\n")
        }
        if Self.mayHaveBody(response.status) {
            if let length = Self.length(of: response) {
                append("Content-Length: ")
                append(String(length))
                append("\r\n")
            } else if response.stream != nil, takesChunks {
                append("Transfer-Encoding: chunked\r\n")
            }
        }
        if let connection {
            append("Connection: ")
            append(connection)
            append("\r\n")
        }
        append("\r\n")
    }

    /// RFC 9110 §6.4.1.
    static func mayHaveBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    /// `nil` if another server has left the body out without saying how long it would be, and if it comes in pieces of which
    /// nobody knows how many there will be.
    private static func length(of response: Response) -> Int? {
        if let omitted = response.omittedBody { return omitted.length }
        if let stream = response.stream { return stream.length }
        return response.body.count
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private static func isAllowed(_ field: Headers.Field) -> Bool {
        guard !field.name.isEmpty, Syntax.consists(field.name, of: Syntax.isToken),
            Syntax.consists(field.value, of: Syntax.isFieldValue)
        else { return false }
        switch field.name.utf8.count {
        case 4: return field.name.lowercased() != "date"
        case 10: return !["connection", "keep-alive"].contains(field.name.lowercased())
        case 14: return field.name.lowercased() != "content-length"
        case 17: return field.name.lowercased() != "transfer-encoding"
        default: return true
        }
    }
}

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
