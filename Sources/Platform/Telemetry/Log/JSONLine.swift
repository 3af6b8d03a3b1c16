import Kernel

/// A record as one JSON object. Written by hand: it is on the path of requests, and the order of the keys matters to
/// whoever reads the file with his own eyes.
struct JSONLine {
    private(set) var text = "{"

    init(_ record: LogRecord) {
        append("time", .string(record.time.description))
        append("level", .string(record.level.name))
        append("service", .string(record.service))
        append("message", .string(record.message))
        for (key, value) in record.fields.entries {
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

    private mutating func append(_ key: String, _ value: LogValue) {
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
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: text += "\\u00" + hexadecimal(UInt8(scalar.value))
            default: text.unicodeScalars.append(scalar)
            }
            if text.utf8.count - start > LogFormat.valueLimit {
                text += "…"
                break
            }
        }
        text += "\""
    }
}
