import Contracts

/// The content of a message in its reader's language, for a mail (as text and HTML) or a text message.
struct MessageContent: Codable, Sendable, Hashable {
    struct Line: Codable, Sendable, Hashable {
        let label: String
        let value: String
    }
    let language: Language
    /// The subject of a mail; `nil` in a text message, which has only `opening`.
    let subject: String?
    let greeting: String?
    let opening: String
    let lines: [Line]

    init(_ notification: OrderNotification, to addressee: RecipientPolicy.Addressee) {
        let wording = Wordings.wording(addressee.language)
        language = addressee.language
        switch addressee.channel {
        case .sms:
            (subject, greeting, lines) = (nil, nil, [])
            opening = Self.oneLine(wording.textMessage(notification, to: addressee.recipient))
        case .email:
            subject = Self.oneLine(wording.subject(notification, to: addressee.recipient))
            greeting = addressee.name.map { Self.oneLine(wording.greeting($0)) }
            opening = Self.oneLine(wording.opening(notification, to: addressee.recipient))
            lines = notification.contentLines.map {
                Line(label: wording.label($0), value: Self.oneLine($0.value(wording.numbers)))
            }
        }
    }

    /// Replaces control and formatting characters by spaces, so that foreign text can neither end its line nor change
    /// how other text is shown.
    static func oneLine(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { line, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: line += " "
            default: line.unicodeScalars.append(scalar)
            }
        }
    }

    var text: String {
        let table = lines.map { "\($0.label): \($0.value)" }.joined(separator: "\n")
        return [greeting, opening, table.isEmpty ? nil : table].compactMap { $0 }.joined(separator: "\n\n")
    }
}
