/// Which events are in which topic: one for each service that publishes, so that a consumer reads only those whose
/// events it takes. Both sides go by the event's type.
struct TopicNames: Sendable {
    let prefix: String

    /// `sambal.order.OrderPlaced.v1` is in `prefix.order`; a type without a service in it in `prefix.events`.
    func topic(of type: String) -> String {
        let words = type.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count > 2, Self.isName(words[1]) else { return "\(prefix).events" }
        return "\(prefix).\(words[1])"
    }

    func topics(of types: Set<String>) -> Set<String> { Set(types.map(topic)) }

    /// What Kafka allows in a name.
    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 100
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-".unicodeScalars.contains($0))
            }
    }
}
