import Contracts
import Foundation
import FoundationXML
import Kernel
import Testing

@testable import NotificationService

@Suite struct MessageContentTests {
    static func content(
        _ notification: OrderNotification, _ language: Language, to recipient: Message.Recipient = .buyer,
        by channel: Message.Channel = .email
    ) -> MessageContent {
        MessageContent(
            notification,
            to: .init(
                recipient: recipient, channel: channel, address: "x", language: language, name: Samples.buyer.name))
    }

    @Test func the_samples_are_all_the_news_there_is() {
        #expect(Set(Samples.all.map(\.kind)) == Set(NotificationKind.allCases))
    }

    @Test(arguments: Language.allCases)
    func every_news_has_a_mail_in_text_and_well_formed_html(_ language: Language) throws {
        for notification in Samples.all {
            for recipient in Message.Recipient.allCases {
                let content = Self.content(notification, language, to: recipient)
                let subject = try #require(content.subject)
                #expect(subject.contains(Samples.orderId))
                for text in [subject, content.text, content.html] {
                    for mark in ["Optional(", "nil", "\\(", "{", "}", "%@"] {
                        #expect(!text.contains(mark), "\(language) \(notification.kind): \(mark) in \(text)")
                    }
                }
                let shown = try #require(TextOfXML.read(content.html), "\(content.html)")
                #expect(content.html.contains("<html lang=\"\(language.rawValue)\">"))
                for line in content.lines {
                    #expect(content.text.contains("\(line.label): \(line.value)"))
                    #expect(shown.contains(line.label) && shown.contains(line.value), "\(line)")
                }
                #expect(content.lines.contains { $0.value == Samples.orderId })
                #expect(shown.contains(content.opening) && content.text.contains(content.opening))
            }
        }
    }

    @Test(arguments: Language.allCases)
    func every_text_message_names_the_order_and_is_short(_ language: Language) {
        for notification in Samples.all {
            for recipient in Message.Recipient.allCases {
                let content = Self.content(notification, language, to: recipient, by: .sms)
                #expect(content.text.contains(Samples.orderId))
                #expect(content.text.count <= 130, "\(content.text)")
                #expect(content.subject == nil && content.lines.isEmpty && content.greeting == nil)
            }
        }
    }

    /// An order may have a thousand lines, and a body that is sent to the mail service has texts of 64 KiB at most.
    @Test(arguments: Language.allCases) func a_mail_lists_as_many_items_as_it_has_room_for(_ language: Language) throws
    {
        let names = [String(repeating: "\"", count: 200), String(repeating: "辣", count: 200), "Oelek"]
        for name in names {
            let item = OrderItem(sauceId: 1, name: name, qty: 1, price: 1)
            let order = Samples.order(items: Array(repeating: item, count: 1000))
            let paid = OrderNotification.paid(OrderPaid(order: order, paymentId: "PAY-1", paidAt: Samples.time))
            let content = Self.content(paid, language)
            #expect(content.html.utf8.count < 60_000 && content.text.utf8.count < 60_000)
            let listed = content.lines.count { $0.value.hasPrefix(name) }
            #expect((10...100).contains(listed))
            let rest = ContentLine.moreItems(1000 - listed)
            let more = MessageContent.Line(
                label: Wordings.wording(language).label(rest), value: rest.value(Wordings.wording(language).numbers))
            #expect(content.lines.contains(more))
        }
        let one = Self.content(.paid(Samples.paid()), language)
        let label = Wordings.wording(language).label(.moreItems(1))
        #expect(!one.lines.contains { $0.label == label })
    }

    @Test func no_two_languages_say_the_same() {
        for notification in Samples.all {
            for recipient in Message.Recipient.allCases {
                let contents = Language.allCases.map { Self.content(notification, $0, to: recipient) }
                #expect(Set(contents.map(\.subject)).count == contents.count)
                #expect(Set(contents.map(\.opening)).count == contents.count)
                #expect(Set(contents.map { $0.lines.map(\.label) }).count == contents.count)
            }
        }
    }

    @Test func what_others_wrote_stays_text() {
        let html = Self.content(Samples.all[0], .english).html
        #expect(html.contains("Dear Sri &lt;b&gt;&amp;&quot;&#39;,"))
        #expect(html.contains("Sambal &lt;Oelek&gt; &amp; more"))
        #expect(MessageContent.escape("a\u{0}\u{1B}b\u{FFFE}") == "ab")
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
        #expect(Wordings.wording(language).numbers.money(money) == text)
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
