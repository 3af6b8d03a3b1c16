import CCurl

/// How libcurl's handing over of one mail ended, and what that says of the mail.
struct SMTPEnd {
    let code: CURLcode
    /// The server's last reply code, 0 where it said nothing.
    let reply: Int
    /// Whether all of the mail was given to the connection.
    let isWholeMailOut: Bool

    /// `nil` where the server has taken the mail.
    var failure: MailError.Outcome? {
        if code == CURLE_OK { return nil }
        let isPermanent = (500..<600).contains(reply) && !Self.aboutLogin.contains(reply)
        switch code {
        // The sender, the recipient or the command DATA was refused.
        case CURLE_SEND_ERROR where !isWholeMailOut: return isPermanent ? .refused : .notTaken
        // libcurl has this for the answer to the mail itself, and for a greeting that concerns all mails.
        case CURLE_WEIRD_SERVER_REPLY:
            guard isWholeMailOut else { return .notTaken }
            return isPermanent ? .refused : (400..<600).contains(reply) ? .notTaken : .unknown
        default: return isWholeMailOut ? .unknown : .notTaken
        }
    }

    /// Authentication is missing, too weak or failed (RFC 4954 §6): the configuration's fault, not the mail's.
    private static let aboutLogin: Set<Int> = [530, 534, 535, 538]
}
