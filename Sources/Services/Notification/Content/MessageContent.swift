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

extension MessageContent {
    /// A whole document, well-formed as XML too. Styles stand on the elements: many readers drop style sheets.
    var html: String {
        let rows = lines.map { line in
            """
            <tr><th scope="row" align="left" style="padding:4px 24px 4px 0;font-weight:normal;color:#666">\
            \(Self.escape(line.label))</th><td style="padding:4px 0">\(Self.escape(line.value))</td></tr>
            """
        }
        let body = [
            greeting.map { "<p>\(Self.escape($0))</p>" },
            "<p>\(Self.escape(opening))</p>",
            rows.isEmpty ? nil : "<table role=\"presentation\">\n\(rows.joined(separator: "\n"))\n</table>",
        ]
        return """
            <!DOCTYPE html>
            <html lang="\(language.rawValue)">
            <head><meta charset="utf-8"/><title>\(Self.escape(subject ?? ""))</title></head>
            <body style="font-family:sans-serif;line-height:1.5">
            \(body.compactMap { $0 }.joined(separator: "\n"))
            </body>
            </html>

            """
    }

    /// Escapes text for HTML, so that foreign text cannot add markup. Characters that HTML does not allow are left out.
    static func escape(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): break
            case _ where scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value): break
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
