/// How a record looks as one line.
public enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// One JSON object a line, for machines.
    case json
    /// `08:15:30.250 INFO  order    order placed order=ORD-1`, for people at a terminal.
    case text

    /// The line with its line feed, never longer than `lineLimit` bytes: what is too long is cut and marked.
    public func render(_ record: LogRecord) -> String {
        switch self {
        case .json: JSONLine(record).text
        case .text: TextLine(record).text
        }
    }

    /// What a pipe takes in one piece (POSIX `PIPE_BUF` on Linux), so that lines of several threads never mix.
    public static let lineLimit = 4096

    /// For the message and for each value, in bytes.
    static let valueLimit = 1024
    /// The fields stop here; the rest of the line has room for the trace and the end.
    static let fieldsLimit = lineLimit - 160
}

/// At most `limit` bytes of `text`, cut between two characters, with an ellipsis where something is missing.
func shortened(_ text: String, to limit: Int = LogFormat.valueLimit) -> String {
    guard text.utf8.count > limit else { return text }
    var result = ""
    var bytes = 0
    for scalar in text.unicodeScalars {
        bytes += UTF8.width(scalar)
        if bytes > limit { break }
        result.unicodeScalars.append(scalar)
    }
    return result + "…"
}
