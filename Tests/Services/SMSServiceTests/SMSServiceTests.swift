import Configuration
import Foundation
import HTTP
import Kernel
import ServiceTestSupport
import Synchronization
import Testing

@testable import SMSService

@Suite struct SMSServiceTests {
    static let body = #"{"to":"+821012345678","text":"주문 & paid"}"#

    @Test func a_message_sent_again_is_the_same_file() async throws {
        try await ServiceUnderTest.run(SMSService.self) { sms in
            for _ in 0..<2 {
                let answer = try await sms.send(.post, "/sms", Self.body, headers: ["Idempotency-Key": "MSG-1"])
                #expect(answer.status == 202)
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: sms.file("sms-outbox"))
            #expect(files == ["MSG-1.txt"])
            let text = try String(contentsOfFile: sms.file("sms-outbox") + "/MSG-1.txt", encoding: .utf8)
            #expect(text == "To: +821012345678\n\n주문 & paid\n")
        }
    }

    @Test func a_bad_number_and_a_missing_text_are_both_named() async throws {
        try await ServiceUnderTest.run(SMSService.self) { sms in
            let answer = try await sms.send(.post, "/sms", #"{"to":"0812","text":""}"#)
            #expect(answer.status == 422)
            #expect(Problem(answer)?.errors.map(\.field) == ["to", "text"])
        }
    }

    @Test func twilio_gets_its_form_its_credentials_and_the_key() async throws {
        let yaml =
            "provider: twilio\ntwilio:\n  baseURL: http://twilio/\n  accountSid: AC1\n  authToken: t\n  from: \"+15005550006\""
        try await ServiceUnderTest.run(SMSService.self, yaml) { sms in
            let received = Received()
            sms.transport.register("twilio") { received.take($0, answer: 201, #"{"sid":"SM1"}"#) }
            let answer = try await sms.send(.post, "/sms", Self.body, headers: ["Idempotency-Key": "MSG-1"])
            #expect(answer.status == 202)
            let request = try #require(received.requests.first)
            #expect(request.path == "/2010-04-01/Accounts/AC1/Messages.json")
            #expect(request.headers["Authorization"] == "Basic " + Data("AC1:t".utf8).base64EncodedString())
            #expect(request.headers["Idempotency-Key"] == "MSG-1")
            #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
            #expect(
                String(decoding: request.body, as: UTF8.self)
                    == "To=%2B821012345678&From=%2B15005550006&Body=%EC%A3%BC%EB%AC%B8%20%26%20paid")
        }
    }

    @Test func another_provider_gets_json_the_configured_headers_and_the_key() async throws {
        let yaml = "provider: http\nhttp:\n  url: http://sms.example/v1/send\n  headers:\n    Authorization: Bearer t"
        try await ServiceUnderTest.run(SMSService.self, yaml) { sms in
            let received = Received()
            sms.transport.register("sms.example") { received.take($0, answer: 202, "") }
            let answer = try await sms.send(.post, "/sms", Self.body, headers: ["Idempotency-Key": "MSG-1"])
            #expect(answer.status == 202)
            let request = try #require(received.requests.first)
            #expect(request.path == "/v1/send")
            #expect(request.headers["Authorization"] == "Bearer t")
            #expect(request.headers["Idempotency-Key"] == "MSG-1")
            let json = try JSONSerialization.jsonObject(with: request.body) as? [String: String]
            #expect(json == ["to": "+821012345678", "text": "주문 & paid"])
        }
    }

    @Test(arguments: [
        (400, #"{"code":21211,"message":"Invalid 'To'","status":400}"#, 422, ["to"]),
        (400, #"{"code":99999,"message":"No","status":400}"#, 422, []),
        (401, #"{"code":20003,"message":"Authenticate","status":401}"#, 503, []),
        (429, #"{"code":20429,"message":"Too many","status":429}"#, 503, []),
        (500, "oops", 504, []), (503, "", 503, []),
    ])
    func what_twilio_says_is_answered_as_email_answers(
        _ status: Int, _ body: String, _ answered: Int, _ fields: [String]
    ) async throws {
        let yaml =
            "provider: twilio\ntwilio:\n  baseURL: http://twilio\n  accountSid: AC1\n  authToken: t\n  from: Shop"
        try await ServiceUnderTest.run(SMSService.self, yaml) { sms in
            let received = Received()
            sms.transport.register("twilio") { received.take($0, answer: status, body, retryAfter: "7") }
            let answer = try await sms.send(.post, "/sms", Self.body)
            #expect(answer.status == answered)
            #expect(Problem(answer)?.errors.map(\.field) == fields)
            if status == 429 { #expect(answer.headers["Retry-After"] == "7") }
        }
    }

    @Test func a_provider_that_is_away_is_503_and_one_that_hangs_504() async throws {
        let yaml = "provider: http\nhttp:\n  url: http://sms.example/\n  timeout: 1s"
        try await ServiceUnderTest.run(SMSService.self, yaml) { sms in
            let away = try await sms.send(.post, "/sms", Self.body)
            #expect(away.status == 503)
            let loop = sms.loop
            sms.transport.register("sms.example") { _ in
                try? await loop.sleep(for: .seconds(5))
                return Response(status: 202)
            }
            let silent = try await sms.send(.post, "/sms", Self.body)
            #expect(silent.status == 504)
        }
    }

    @Test func a_provider_that_keeps_failing_is_left_alone_for_a_while() async throws {
        let yaml = "provider: http\nhttp:\n  url: http://sms.example/\nbreaker:\n  minimumCalls: 3\n  openDuration: 30s"
        try await ServiceUnderTest.run(SMSService.self, yaml) { sms in
            let received = Received()
            sms.transport.register("sms.example") { received.take($0, answer: 500, "") }
            for _ in 0..<6 { _ = try await sms.send(.post, "/sms", Self.body) }
            #expect(received.requests.count == 3)
        }
    }

    @Test(arguments: [
        ("provider: pigeon", "provider"), ("provider: twilio\ntwilio:\n  accountSid: AC1", "twilio.authToken"),
        ("provider: http\nhttp:\n  url: ftp://x", "http.url"), ("provider: folder\nfoldr: x", "foldr"),
    ])
    func a_wrong_setting_is_named(_ yaml: String, _ field: String) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
        _ = SMSService(from: reader.root)
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect("\(error!)".contains("\(field) "), "\(error!)")
    }

    @Test func the_credentials_are_not_shown() throws {
        let yaml = "provider: http\nhttp:\n  url: http://x\n  headers:\n    Authorization: Bearer hidden"
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
        _ = SMSService(from: reader.root)
        try reader.finish()
        #expect(reader.dump().contains("Authorization"))
        #expect(!reader.dump().contains("hidden"))
    }
}

/// Requests that a provider got.
final class Received: Sendable {
    private let all = Mutex<[Request]>([])
    var requests: [Request] { all.withLock { $0 } }

    func take(_ request: Request, answer status: Int, _ body: String, retryAfter: String? = nil) -> Response {
        all.withLock { $0.append(request) }
        var response = Response(status: status, headers: ["Content-Type": "application/json"], body: Data(body.utf8))
        response.headers["Retry-After"] = retryAfter
        return response
    }
}
