import Contracts

/// What a message says, in its reader's language; laid out as text, as HTML, or as a text message.
struct Letter: Codable, Sendable, Hashable {
    struct Line: Codable, Sendable, Hashable {
        let label: String
        let value: String
    }
    let language: Language
    /// Of a mail; `nil` in a text message, which is `opening` alone.
    let subject: String?
    let greeting: String?
    let opening: String
    let lines: [Line]

    init(_ news: News, to addressee: Audience.Addressee) {
        let wording = Wordings.wording(addressee.language)
        language = addressee.language
        switch addressee.channel {
        case .sms:
            (subject, greeting, lines) = (nil, nil, [])
            opening = wording.textMessage(news, to: addressee.recipient)
        case .email:
            subject = wording.subject(news, to: addressee.recipient)
            greeting = addressee.name.map(wording.greeting)
            opening = wording.opening(news, to: addressee.recipient)
            lines = news.facts.map { Line(label: wording.label($0), value: $0.value(wording.figures)) }
        }
    }

    var text: String {
        let table = lines.map { "\($0.label): \($0.value)" }.joined(separator: "\n")
        return [greeting, opening, table.isEmpty ? nil : table].compactMap { $0 }.joined(separator: "\n\n")
    }
}
