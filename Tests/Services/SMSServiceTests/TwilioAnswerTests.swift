import Foundation
import HTTP
import Testing

@testable import SMSService

@Suite struct TwilioAnswerTests {
    static func outcome(_ status: Int, _ body: String, retryAfter: String? = nil) -> SMSOutcome {
        var response = Response(status: status, headers: ["Content-Type": "application/json"], body: Data(body.utf8))
        response.headers["Retry-After"] = retryAfter
        return TwilioAnswer.outcome(of: response)
    }

    @Test func a_message_with_a_sid_is_taken() {
        #expect(Self.outcome(201, #"{"sid":"SM1","status":"queued"}"#) == .taken)
    }

    @Test(arguments: [200, 201])
    func an_answer_without_a_sid_is_no_promise(_ status: Int) {
        guard case .unknown = Self.outcome(status, "<html>") else {
            return #expect(Bool(false), "it was taken for one")
        }
    }

    @Test(arguments: [21211, 21408, 21610, 21612, 21614])
    func what_concerns_the_number_names_it(_ code: Int) {
        let outcome = Self.outcome(400, #"{"code":\#(code),"message":"No","status":400}"#)
        #expect(outcome == .refused("Twilio: No (\(code))", field: .to))
    }

    @Test(arguments: [21602, 21617])
    func what_concerns_the_text_names_it(_ code: Int) {
        let outcome = Self.outcome(400, #"{"code":\#(code),"message":"No","status":400}"#)
        #expect(outcome == .refused("Twilio: No (\(code))", field: .text))
    }

    @Test(arguments: [21212, 21603, 21606])
    func what_concerns_the_shop_as_sender_may_be_tried_again(_ code: Int) {
        let outcome = Self.outcome(400, #"{"code":\#(code),"message":"No","status":400}"#)
        #expect(outcome == .notTaken("Twilio: No (\(code))"))
    }

    @Test func too_many_requests_are_tried_again_when_twilio_says() {
        #expect(Self.outcome(429, "{}", retryAfter: "3") == .notTaken("Twilio answered 429", retryAfter: .seconds(3)))
        #expect(Self.outcome(429, "{}") == .notTaken("Twilio answered 429"))
    }

    @Test(arguments: [401, 403, 404, 503])
    func credentials_and_maintenance_are_not_the_messages_fault(_ status: Int) {
        #expect(Self.outcome(status, "{}") == .notTaken("Twilio answered \(status)"))
    }

    @Test(arguments: [500, 502, 504])
    func a_failing_server_may_have_taken_it(_ status: Int) {
        #expect(Self.outcome(status, "") == .unknown("Twilio answered \(status)"))
    }
}
