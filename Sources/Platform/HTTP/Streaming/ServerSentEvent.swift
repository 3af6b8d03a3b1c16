/// An event of a stream of them (the HTML standard, "Server-sent events").
public struct ServerSentEvent: Sendable, Hashable {
    /// The kind of the event; `message` for the client if it is `nil`.
    public var name: String?
    /// The place in the stream, which a client names in `Last-Event-ID` when it connects again.
    public var id: String?
    public var data: String
    /// How long a client waits before it connects again.
    public var retry: Duration?

    public init(_ data: String, name: String? = nil, id: String? = nil, retry: Duration? = nil) {
        (self.data, self.name, self.id, self.retry) = (data, name, id, retry)
    }

    /// The event as it stands in the stream. Line breaks cannot end a field early: those of the data begin further `data`
    /// fields, those of the other fields are left out.
    var text: String {
        var text = ""
        if let name { text += "event: \(Self.line(name))\n" }
        if let id { text += "id: \(Self.line(id))\n" }
        if let retry { text += "retry: \(max(0, retry.components.seconds * 1000))\n" }
        // By bytes: a carriage return and a line feed are one character.
        let bytes = Array(data.utf8)
        var start = 0
        var index = 0
        while index <= bytes.count {
            guard index == bytes.count || bytes[index] == 0x0A || bytes[index] == 0x0D else {
                index += 1
                continue
            }
            text += "data: \(String(decoding: bytes[start..<index], as: UTF8.self))\n"
            if index + 1 < bytes.count, bytes[index] == 0x0D, bytes[index + 1] == 0x0A { index += 1 }
            index += 1
            start = index
        }
        return text + "\n"
    }

    private static func line(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }, as: UTF8.self)
    }
}
