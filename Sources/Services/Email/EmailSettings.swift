import Configuration
import FoundationEssentials
import Mail

/// The settings of the `email` section of the configuration.
struct EmailSettings: Sendable {
    let from: MailAddress
    /// `nil` if mails go into a folder.
    let server: SMTPServer?
    let folder: String?

    init(from section: Configuration) {
        let fallback = "shop@example.com"
        let address = section.string("from", default: fallback, help: "The sender address of all mails.")
        if MailAddress(address) == nil { section.report("from", "must be an e-mail address, not \"\(address)\"") }
        from = MailAddress(address) ?? MailAddress(fallback)!
        folder = section.optionalString(
            "folder",
            help: .init(
                "The folder of the mails as long as no SMTP server is configured.",
                default: "`outbox` in the data folder"))
        server = Self.server(section.section("smtp"))
    }

    private static func server(_ smtp: Configuration) -> SMTPServer? {
        let (url, user) = (
            smtp.optionalString(
                "url",
                help: "The SMTP server, `smtp://HOST:PORT` or `smtps://HOST:PORT`; without it mails go into the folder."
            ), smtp.optionalString("user", help: "The user name for the SMTP server.")
        )
        let authorities = smtp.optionalString(
            "caFile", help: "A PEM file with the certificate authorities that the SMTP server is verified with.")
        let server = SMTPServer(
            url: url ?? "", user: user,
            password: smtp.optionalString("password", help: "The password for the SMTP server."),
            // Passwords are sent only over TLS by default.
            requiresTLS: smtp.bool(
                "requireTLS", default: user != nil,
                help: .init("Whether a mail is sent only over TLS.", default: "true if `user` is given, else false")),
            authorities: authorities,
            timeout: smtp.duration(
                "timeout", in: .milliseconds(1) ... .seconds(600), default: .seconds(20),
                help: "The timeout of one mail."),
            connections: smtp.int(
                "connections", in: 1...64, default: 4, help: "How many connections to the SMTP server are open at once."
            ))
        if let authorities, !FileManager.default.isReadableFile(atPath: authorities) {
            smtp.report("caFile", "must be a PEM file that can be read, not \"\(authorities)\"")
        }
        guard let url else {
            if user != nil { smtp.report("user", "needs smtp.url beside it") }
            return nil
        }
        if !url.hasPrefix("smtp://"), !url.hasPrefix("smtps://") {
            smtp.report("url", "must begin with smtp:// or smtps://")
        }
        return server
    }
}
