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
