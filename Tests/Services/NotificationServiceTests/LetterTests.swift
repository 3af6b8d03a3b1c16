import Contracts
import Foundation
import FoundationXML
import Kernel
import Testing

@testable import NotificationService

@Suite struct LetterTests {
    static func letter(
        _ news: News, _ language: Language, to recipient: Message.Recipient = .buyer,
        by channel: Message.Channel = .email
    ) -> Letter {
        Letter(
            news,
            to: .init(
                recipient: recipient, channel: channel, address: "x", language: language, name: Samples.buyer.name))
    }

    @Test func the_samples_are_all_the_news_there_is() {
        #expect(Set(Samples.all.map(\.kind)) == Set(NewsKind.allCases))
    }

    @Test(arguments: Language.allCases)
    func every_news_has_a_mail_in_text_and_well_formed_html(_ language: Language) throws {
        for news in Samples.all {
            for recipient in Message.Recipient.allCases {
                let letter = Self.letter(news, language, to: recipient)
                let subject = try #require(letter.subject)
                #expect(subject.contains(Samples.orderId))
                for text in [subject, letter.text, letter.html] {
                    for mark in ["Optional(", "nil", "\\(", "{", "}", "%@"] {
                        #expect(!text.contains(mark), "\(language) \(news.kind): \(mark) in \(text)")
                    }
                }
                let shown = try #require(TextOfXML.read(letter.html), "\(letter.html)")
                #expect(letter.html.contains("<html lang=\"\(language.rawValue)\">"))
                for line in letter.lines {
                    #expect(letter.text.contains("\(line.label): \(line.value)"))
                    #expect(shown.contains(line.label) && shown.contains(line.value), "\(line)")
                }
                #expect(letter.lines.contains { $0.value == Samples.orderId })
                #expect(shown.contains(letter.opening) && letter.text.contains(letter.opening))
            }
        }
    }

    @Test(arguments: Language.allCases)
    func every_text_message_names_the_order_and_is_short(_ language: Language) {
        for news in Samples.all {
            for recipient in Message.Recipient.allCases {
                let letter = Self.letter(news, language, to: recipient, by: .sms)
                #expect(letter.text.contains(Samples.orderId))
                #expect(letter.text.count <= 130, "\(letter.text)")
                #expect(letter.subject == nil && letter.lines.isEmpty && letter.greeting == nil)
            }
        }
    }

    @Test func no_two_languages_say_the_same() {
        for news in Samples.all {
            for recipient in Message.Recipient.allCases {
                let letters = Language.allCases.map { Self.letter(news, $0, to: recipient) }
                #expect(Set(letters.map(\.subject)).count == letters.count)
                #expect(Set(letters.map(\.opening)).count == letters.count)
                #expect(Set(letters.map { $0.lines.map(\.label) }).count == letters.count)
            }
        }
    }

    @Test func what_others_wrote_stays_text() {
        let html = Self.letter(Samples.all[0], .english).html
        #expect(html.contains("Dear Sri &lt;b&gt;&amp;&quot;&#39;,"))
        #expect(html.contains("Sambal &lt;Oelek&gt; &amp; more"))
        #expect(Letter.escape("a\u{0}\u{1B}b\u{FFFE}") == "ab")
    }

    @Test(arguments: [
        (1_234_567, "USD", Language.english, "USD 12,345.67"), (1_234_567, "USD", .indonesian, "USD 12.345,67"),
        (1_234_567, "USD", .korean, "USD 12,345.67"), (100_000, "KRW", .korean, "KRW 100,000"),
        (100_000, "KRW", .indonesian, "KRW 100.000"), (5, "USD", .english, "USD 0.05"), (0, "KRW", .english, "KRW 0"),
        (1234, "KWD", .english, "KWD 1.234"), (-150_000, "IDR", .indonesian, "IDR -1.500,00"),
        (999, "KRW", .english, "KRW 999"), (1000, "KRW", .english, "KRW 1,000"),
    ])
    func money_is_written_as_the_language_does(
        _ amount: Int64, _ currency: String, _ language: Language, _ text: String
    ) {
        let money = Money(amount, Currency(code: currency)!)
        #expect(Wordings.wording(language).figures.money(money) == text)
    }
}

/// The text of an XML document; `nil` where it is not well-formed.
private final class TextOfXML: NSObject, XMLParserDelegate {
    private var text = ""

    static func read(_ xml: String) -> String? {
        let reader = TextOfXML()
        let parser = XMLParser(data: Data(xml.utf8))
        parser.delegate = reader
        return parser.parse() ? reader.text : nil
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
