import Configuration
import FoundationEssentials
import Mail

/// What the `email` section of the configuration says.
struct EmailSettings: Sendable {
    let from: MailAddress
    /// `nil` where mails go into a folder.
    let server: SMTPServer?
    let folder: String?

    init(from section: Configuration) {
        let standard = "shop@example.com"
        let address = section.string("from", default: standard)
        if MailAddress(address) == nil { section.report("from", "must be an e-mail address, not \"\(address)\"") }
        from = MailAddress(address) ?? MailAddress(standard)!
        folder = section.optionalString("folder")
        server = Self.server(section.section("smtp"))
    }

    private static func server(_ smtp: Configuration) -> SMTPServer? {
        let (url, user) = (smtp.optionalString("url"), smtp.optionalString("user"))
        let authorities = smtp.optionalString("caFile")
        let server = SMTPServer(
            url: url ?? "", user: user, password: smtp.optionalString("password"),
            // A password does not travel in the clear unless somebody says so.
            requiresTLS: smtp.bool("requireTLS", default: user != nil), authorities: authorities,
            timeout: smtp.duration("timeout", in: .milliseconds(1) ... .seconds(600), default: .seconds(20)),
            connections: smtp.int("connections", in: 1...64, default: 4))
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
