import FoundationEssentials
import HTTP
import Kernel
import Testing
import Webhooks

@Suite struct StandardWebhookTests {
    private let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!
    private let body = Data(#"{"test": 2432232314}"#.utf8)
    private let sent = Timestamp(milliseconds: 1_614_265_330_000)

    private func request(_ headers: Headers, body: Data? = nil) -> Request {
        Request(method: .post, path: "/callbacks", headers: headers, body: body ?? self.body)
    }

    private func signed() -> Headers {
        StandardWebhook.headers(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: body, secret: secret, at: sent)
    }

    @Test func a_signature_is_that_of_the_standards_example() {
        let headers = signed()
        #expect(headers["webhook-timestamp"] == "1614265330")
        #expect(headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func a_genuine_callback_gives_its_id_also_among_other_signatures() throws {
        var headers = signed()
        #expect(
            try StandardWebhook.verify(request(headers), secret: secret, at: sent) == "msg_p5jXN8AQM9LWM0D4loKWxJek")
        headers["webhook-signature"] = "v1,AAAA v2,x " + (headers["webhook-signature"] ?? "")
        #expect(
            try StandardWebhook.verify(request(headers), secret: secret, at: sent) == "msg_p5jXN8AQM9LWM0D4loKWxJek")
    }

    @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
    func a_callback_without_one_of_its_headers_is_unsigned(name: String) {
        var headers = signed()
        headers[name] = nil
        #expect(throws: InvalidWebhook.unsigned) {
            try StandardWebhook.verify(request(headers), secret: secret, at: sent)
        }
    }

    @Test func a_changed_body_id_or_time_is_forged() {
        #expect(throws: InvalidWebhook.forged) {
            try StandardWebhook.verify(request(signed(), body: Data("{}".utf8)), secret: secret, at: sent)
        }
        for (name, value) in [("webhook-id", "another"), ("webhook-timestamp", "1614265331")] {
            var headers = signed()
            headers[name] = value
            #expect(throws: InvalidWebhook.forged) {
                try StandardWebhook.verify(request(headers), secret: secret, at: sent)
            }
        }
    }

    @Test(arguments: [(300, true), (301, false), (-300, true), (-301, false)])
    func a_callback_too_old_or_from_the_future_is_stale(seconds: Int, isTaken: Bool) {
        let result = Result { () throws(InvalidWebhook) in
            try StandardWebhook.verify(request(signed()), secret: secret, at: sent + .seconds(seconds))
        }
        #expect(result == (isTaken ? .success("msg_p5jXN8AQM9LWM0D4loKWxJek") : .failure(.stale)))
    }

    @Test(arguments: ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short", "whsec_AAAA"])
    func a_secret_of_another_form_or_too_short_is_refused(text: String) {
        #expect(WebhookSecret(text) == nil)
    }

    @Test func a_generated_secret_is_one() {
        var numbers: [UInt64] = [4, 3, 2, 1]
        #expect(WebhookSecret(WebhookSecret.generate { numbers.removeLast() }) != nil)
    }
}
