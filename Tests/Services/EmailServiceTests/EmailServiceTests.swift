import Configuration
import Foundation
import HTTP
import Mail
import ServiceTestSupport
import Testing

@testable import EmailService

@Suite struct EmailServiceTests {
    @Test func a_mail_sent_again_is_the_same_file() async throws {
        try await ServiceUnderTest.run(EmailService.self) { email in
            for _ in 0..<2 {
                let answer = try await email.send(
                    .post, "/emails", #"{"to":"a@example.com","subject":"S","text":"T","html":"<p>T</p>"}"#,
                    headers: ["Idempotency-Key": "MSG-1"])
                #expect(answer.status == 202)
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: email.file("outbox"))
            #expect(files == ["MSG-1.eml"])
            let mail = try String(contentsOfFile: email.file("outbox") + "/MSG-1.eml", encoding: .utf8)
            #expect(mail.contains("Message-ID: <MSG-1@example.com>"))
            #expect(mail.contains("multipart/alternative"))
        }
    }

    @Test func everything_that_is_wrong_is_named_at_once() async throws {
        try await ServiceUnderTest.run(EmailService.self) { email in
            let answer = try await email.send(
                .post, "/emails", #"{"to":"a@b\r\nBcc: c@d","subject":"","text":"","html":""}"#)
            #expect(answer.status == 400)
            #expect(Problem(answer)?.errors.map(\.field) == ["to", "subject", "text", "html"])
        }
    }

    @Test(arguments: [
        #"a@b.example\u2028Bcc: c@d.example"#, #"a@b.example, c@d.example"#, #"<a@b.example>"#, #"a@b\u0000.example"#,
    ])
    func an_address_is_one_address(_ to: String) async throws {
        try await ServiceUnderTest.run(EmailService.self) { email in
            let answer = try await email.send(.post, "/emails", #"{"to":"\#(to)","subject":"S","text":"T"}"#)
            #expect(answer.status == 400 && answer.fields == ["to"], "\(answer.text)")
        }
    }

    @Test(arguments: [#"\r\n"#, #"\n"#, #"\r"#, #"\u0000"#, #"\u2028"#])
    func a_subject_makes_no_second_header(_ lineBreak: String) async throws {
        try await ServiceUnderTest.run(EmailService.self) { email in
            let answer = try await email.send(
                .post, "/emails",
                #"{"to":"a@example.com","subject":"S\#(lineBreak)Bcc: b@example.com","text":"T"}"#,
                headers: ["Idempotency-Key": "MSG-1"])
            #expect(answer.status == 202, "\(answer.text)")
            let mail = try String(contentsOfFile: email.file("outbox") + "/MSG-1.eml", encoding: .utf8)
            let head = mail.components(separatedBy: "\r\n\r\n")[0]
            let names = head.components(separatedBy: "\r\n").map { $0.prefix { $0 != ":" } }
            #expect(names.filter { $0 == "Subject" }.count == 1 && !names.contains("Bcc"), "\(head)")
            #expect(!head.replacingOccurrences(of: "\r\n", with: "").unicodeScalars.contains { $0.value < 0x20 })
        }
    }

    @Test(arguments: [
        ("from: nobody", "from"), ("smtp:\n  url: http://x", "smtp.url"), ("smtp:\n  user: me", "smtp.user"),
        ("smtp:\n  url: smtp://x\n  caFile: /nowhere.pem", "smtp.caFile"),
        ("smtp:\n  url: smtp://x\n  connections: 0", "smtp.connections"),
    ])
    func a_wrong_setting_is_named(_ yaml: String, _ field: String) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
        _ = EmailService(from: reader.root)
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect("\(error!)".contains("\(field) "), "\(error!)")
    }

    @Test func a_login_goes_with_tls_unless_told_otherwise() throws {
        func server(_ yaml: String) throws -> Bool? {
            let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
            return EmailSettings(from: reader.root).server?.requiresTLS
        }
        #expect(try server("smtp:\n  url: smtp://x\n  user: me\n  password: p") == true)
        #expect(try server("smtp:\n  url: smtp://x\n  user: me\n  password: p\n  requireTLS: false") == false)
        #expect(try server("smtp:\n  url: smtp://x") == false)
    }
}
