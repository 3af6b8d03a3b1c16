import Kernel

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

    /// The bytes that a pipe takes in one piece (POSIX `PIPE_BUF` on Linux), so that lines of several threads never
    /// mix.
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

/// A record as one JSON object. Written by hand: it is on the path of requests, and the order of the keys matters to
/// whoever reads the file with his own eyes.
struct JSONLine {
    private(set) var text = "{"

    init(_ record: LogRecord) {
        append("time", .string(record.time.description))
        append("level", .string(record.level.name))
        append("service", .string(record.service))
        append("message", .string(record.message))
        for (key, value) in record.metadata.entries {
            let complete = text
            append(key.name, value)
            if text.utf8.count > LogFormat.fieldsLimit {
                text = complete
                append("truncated", true)
                break
            }
        }
        if let trace = record.trace {
            append("trace_id", .string(trace.traceID))
            append("span_id", .string(trace.spanID))
        }
        text += "}\n"
    }

    private mutating func append(_ key: String, _ value: Logger.MetadataValue) {
        if text.utf8.count > 1 { text += "," }
        appendQuoted(key)
        text += ":"
        switch value {
        case .string(let string): appendQuoted(string)
        case .integer(let integer): text += String(integer)
        case .number(let number) where number.isFinite: text += String(number)
        case .number(let number): appendQuoted(String(number))
        case .boolean(let boolean): text += boolean ? "true" : "false"
        }
    }

    private mutating func appendQuoted(_ string: String) {
        text += "\""
        let start = text.utf8.count
        for scalar in string.unicodeScalars {
            if scalar.value == 0x7f {
                text += "\\u007f"  // a control character to terminals
            } else if scalar.isASCII, let escape = jsonEscape(of: UInt8(scalar.value)) {
                text += escape
            } else {
                text.unicodeScalars.append(scalar)
            }
            if text.utf8.count - start > LogFormat.valueLimit {
                text += "…"
                break
            }
        }
        text += "\""
    }
}

/// A record for people: time of day, level, service, message, then `key=value`, logfmt's way.
struct TextLine {
    private(set) var text: String

    init(_ record: LogRecord) {
        let time = record.time.description
        text = "\(time.dropFirst(11).dropLast()) \(Self.padded(record.level.name.uppercased(), to: 7)) "
        text += "\(Self.padded(record.service, to: 12)) "
        text += Self.clean(shortened(record.message))
        for (key, value) in record.metadata.entries {
            let field = " \(key.name)=\(Self.show(value))"
            if text.utf8.count + field.utf8.count > LogFormat.fieldsLimit {
                text += " truncated=true"
                break
            }
            text += field
        }
        if let trace = record.trace { text += " trace=\(trace.traceID)" }
        text += "\n"
    }

    private static func show(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let string): quoted(shortened(string))
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .boolean(let boolean): boolean ? "true" : "false"
        }
    }

    private static func quoted(_ string: String) -> String {
        let isPlain = !string.isEmpty && string.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3d && $0 != 0x7f }
        guard !isPlain else { return string }
        var result = "\""
        for character in clean(string) {
            if character == "\"" || character == "\\" { result += "\\" }
            result.append(character)
        }
        return result + "\""
    }

    /// Characters that could forge a line, drive the terminal or show text in another order become spaces.
    private static func clean(_ string: String) -> String {
        func isUnsafe(_ scalar: Unicode.Scalar) -> Bool { scalar.endsOrControlsLine || scalar.reordersText }
        guard string.unicodeScalars.contains(where: isUnsafe) else { return string }
        return String(String.UnicodeScalarView(string.unicodeScalars.map { isUnsafe($0) ? " " : $0 }))
    }

    private static func padded(_ string: String, to width: Int) -> String {
        string + String(repeating: " ", count: max(0, width - string.count))
    }
}
