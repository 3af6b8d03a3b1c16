import Foundation
import Kernel
import Testing

@testable import Mail

@Suite struct MailMIMETests {
    static func mail(id: String = "MSG-1", subject: String = "Hello", text: String = "Hi", html: String? = nil) -> Mail
    {
        Mail(
            id: id, from: MailAddress("shop@example.com")!, to: MailAddress("buyer@example.org")!, subject: subject,
            text: text, html: html, date: Timestamp("2026-01-31T08:15:30Z")!)
    }

    /// Header lines, unfolded, and the rest.
    static func parts(_ mail: Mail) -> (headers: [String], body: String) {
        let text = String(decoding: mail.bytes, as: UTF8.self)
        let end = text.range(of: "\r\n\r\n")!
        let unfolded = text[..<end.lowerBound].replacingOccurrences(of: "\r\n ", with: " ")
        return (unfolded.components(separatedBy: "\r\n"), String(text[end.upperBound...]))
    }

    @Test func a_text_mail_is_one_part() {
        #expect(
            String(decoding: Self.mail().bytes, as: UTF8.self) == """
                Message-ID: <MSG-1@example.com>\r
                Date: Sat, 31 Jan 2026 08:15:30 +0000\r
                From: <shop@example.com>\r
                To: <buyer@example.org>\r
                Subject: Hello\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: base64\r
                \r
                SGk=\r

                """)
    }

    @Test func text_and_html_are_alternatives_and_html_comes_last() {
        let (headers, body) = Self.parts(Self.mail(text: "Hi", html: "<p>Hi</p>"))
        #expect(headers.last == "Content-Type: multipart/alternative; boundary=\"=_alternative\"")
        #expect(
            body == """
                --=_alternative\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: base64\r
                \r
                SGk=\r
                --=_alternative\r
                Content-Type: text/html; charset=utf-8\r
                Content-Transfer-Encoding: base64\r
                \r
                PHA+SGk8L3A+\r
                --=_alternative--\r

                """)
    }

    @Test(arguments: ["a\nb\n", "a\r\nb\r\n", "a\rb\r"])
    func every_line_of_a_body_ends_with_crlf(_ text: String) {
        let body = Self.parts(Self.mail(text: text)).body
        #expect(Data(base64Encoded: body.replacingOccurrences(of: "\r\n", with: "")) == Data("a\r\nb\r\n".utf8))
    }

    @Test func no_line_is_longer_than_a_mail_may_have() {
        let mail = Self.mail(
            subject: String(repeating: "결제가 완료되었습니다 ", count: 15), text: String(repeating: "x", count: 5000),
            html: String(repeating: "y", count: 5000))
        let lines = String(decoding: mail.bytes, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 85 })
        #expect(!lines.contains { $0.contains("\n") || $0.contains("\r") })
    }

    @Test(arguments: ["Pembayaran sudah diterima – 100%", "주문 ORD-1의 결제가 완료되었습니다", "👩‍👩‍👧‍👦 é", "=?utf-8?B?SGk=?="])
    func a_subject_beyond_ascii_is_encoded_words(_ subject: String) {
        let header = Self.parts(Self.mail(subject: subject)).headers.first { $0.hasPrefix("Subject: ") }!
        let words = header.dropFirst("Subject: ".count).split(separator: " ")
        #expect(words.allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?utf-8?B?") && $0.hasSuffix("?=") })
        // Each word is whole characters by itself.
        let decoded = words.map {
            String(data: Data(base64Encoded: String($0.dropFirst(10).dropLast(2)))!, encoding: .utf8)
        }
        #expect(decoded.compactMap { $0 }.joined() == subject)
    }

    @Test(arguments: [
        "a\r\nBcc: evil@example.com", "a\nBcc: evil@example.com", "결제\r\nBcc: evil@example.com", "a\u{0}b",
    ])
    func what_is_typed_makes_no_header(_ subject: String) {
        let mail = Self.mail(id: subject, subject: subject)
        let text = String(decoding: mail.bytes, as: UTF8.self)
        #expect(!text.contains("\nBcc"))
        #expect(!text.utf8.contains(0))
        #expect(Self.parts(mail).headers.count == 9)
    }

    @Test(arguments: [
        "a@b\r\nBcc: c@d", "a@b> RCPT TO:<c@d", "a b@c", "ab", "@b", "a@", "a@b\n", "ü@example.com", "",
    ])
    func what_would_end_a_header_or_a_command_is_no_address(_ text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test func ids_that_differ_give_message_ids_that_differ() {
        let ids = ["a b", "a_b", "a.b", "a@b", "a/b", "a%20b"]
        #expect(Set(ids.map { Self.mail(id: $0).messageId }).count == ids.count)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
        ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
        ("2026-12-06T12:01:02Z", "Sun, 06 Dec 2026 12:01:02 +0000"),
    ])
    func dates_are_as_mails_have_them(_ time: String, _ date: String) {
        #expect(MailDate.text(Timestamp(time)!) == date)
    }
}
