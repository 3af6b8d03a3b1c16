import CCurl
import Testing

@testable import Mail

@Suite struct SMTPEndTests {
    @Test func a_mail_that_the_server_accepted_is_sent() {
        #expect(SMTPEnd(code: CURLE_OK, reply: 250, isWholeMailOut: true).failure == nil)
    }

    @Test(arguments: [550, 551, 552, 553, 554])
    func a_permanent_refusal_of_the_mail_or_its_recipient_is_final(_ reply: Int) {
        #expect(SMTPEnd(code: CURLE_SEND_ERROR, reply: reply, isWholeMailOut: false).failure == .refused)
        #expect(SMTPEnd(code: CURLE_WEIRD_SERVER_REPLY, reply: reply, isWholeMailOut: true).failure == .refused)
    }

    @Test(arguments: [421, 450, 451, 452, 530, 534, 535, 538])
    func a_temporary_refusal_and_one_of_the_login_may_be_tried_again(_ reply: Int) {
        #expect(SMTPEnd(code: CURLE_SEND_ERROR, reply: reply, isWholeMailOut: false).failure == .notTaken)
        #expect(SMTPEnd(code: CURLE_WEIRD_SERVER_REPLY, reply: reply, isWholeMailOut: true).failure == .notTaken)
    }

    @Test func a_greeting_that_refuses_concerns_all_mails_and_is_not_final() {
        #expect(SMTPEnd(code: CURLE_WEIRD_SERVER_REPLY, reply: 554, isWholeMailOut: false).failure == .notTaken)
        #expect(SMTPEnd(code: CURLE_LOGIN_DENIED, reply: 535, isWholeMailOut: false).failure == .notTaken)
        #expect(SMTPEnd(code: CURLE_USE_SSL_FAILED, reply: 502, isWholeMailOut: false).failure == .notTaken)
    }

    @Test func a_silence_after_the_mail_leaves_it_open() {
        for code in [CURLE_OPERATION_TIMEDOUT, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING] {
            #expect(SMTPEnd(code: code, reply: 354, isWholeMailOut: true).failure == .unknown)
            #expect(SMTPEnd(code: code, reply: 354, isWholeMailOut: false).failure == .notTaken)
        }
    }
}
