import Kernel

/// A record for people: time of day, level, service, message, then `key=value`, logfmt's way.
struct TextLine {
    private(set) var text: String

    init(_ record: LogRecord) {
        let time = record.time.description
        text = "\(time.dropFirst(11).dropLast()) \(Self.padded(record.level.name.uppercased(), to: 7)) "
        text += "\(Self.padded(record.service, to: 12)) "
        text += Self.clean(shortened(record.message))
        for (key, value) in record.fields.entries {
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

    private static func show(_ value: LogValue) -> String {
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

    /// Control characters could forge a line or drive the terminal.
    private static func clean(_ string: String) -> String {
        guard string.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return string
        }
        let scalars = string.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func padded(_ string: String, to width: Int) -> String {
        string + String(repeating: " ", count: max(0, width - string.count))
    }
}
