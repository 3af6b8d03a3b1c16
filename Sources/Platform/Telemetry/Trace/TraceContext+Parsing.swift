extension TraceContext {
    /// Reads a `traceparent` header. `nil` where it is not valid (all-zero ids, version `ff`, upper case, another
    /// length): then a new trace begins and `tracestate` is ignored.
    public init?(_ text: String) {
        var reader = HexReader(bytes: Array(text.utf8))
        guard
            let version = reader.number(digits: 2), version != 0xff, reader.dash(),
            let high = reader.number(digits: 16), let low = reader.number(digits: 16), reader.dash(),
            let span = reader.number(digits: 16), reader.dash(),
            let flags = reader.number(digits: 2),
            high | low != 0, span != 0
        else { return nil }
        // A later version may carry more after another dash; version 00 may not.
        guard reader.isAtEnd || (version > 0 && reader.dash()) else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, flags: UInt8(flags))
    }
}

private struct HexReader {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func dash() -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "-") else { return false }
        position += 1
        return true
    }

    mutating func number(digits: Int) -> UInt64? {
        guard position + digits <= bytes.count else { return nil }
        var value: UInt64 = 0
        for byte in bytes[position..<position + digits] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        position += digits
        return value
    }
}
