public import Configuration
import Contracts
import HTTP
import Kernel
import Mail
public import ServiceHost

/// Sends mails: to the SMTP server that the configuration names, or into a folder of `.eml` files. Keeps nothing.
public struct EmailService: ServiceDefinition {
    public static let name = "email"
    public static let kind = ServiceKind.stateless
    public static let port = 8090
    public static let summary = "mails, by SMTP or into a folder"
    public static let externalSystems = ["SMTP server"]

    private let from: String
    private let server: SMTPMailTransport.Server?
    private let folder: String?

    public init(from section: Configuration) {
        from = section.string("from", default: "shop@example.com")
        folder = section.optionalString("folder")
        let smtp = section.section("smtp")
        server = smtp.optionalString("url").map { url in
            if !url.hasPrefix("smtp://"), !url.hasPrefix("smtps://") {
                smtp.report("url", "must begin with smtp:// or smtps://")
            }
            return SMTPMailTransport.Server(
                url: url, user: smtp.optionalString("user"), password: smtp.optionalString("password"),
                requiresTLS: smtp.bool("requireTLS", default: false),
                timeout: smtp.duration("timeout", default: .seconds(20)))
        }
    }

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let transport: any MailTransport =
            if let server {
                SMTPMailTransport(server, loop: context.loop)
            } else {
                try FolderMailTransport(folder: folder ?? context.folder("outbox"), loop: context.loop)
            }
        return ServiceParts(routes: [
            .post(
                EmailAPI.path, summary: "Sends a mail; its Idempotency-Key becomes the Message-ID",
                body: SendEmail.self,
                statuses: [202, 422, 503]
            ) { request, command in
                try await send(command, key: request.headers["Idempotency-Key"], by: transport, context)
                return Response(status: 202)
            }
        ])
    }

    private func send(
        _ command: SendEmail, key: String?, by transport: any MailTransport, _ context: ServiceContext
    ) async throws {
        var errors: [Problem.Field] = []
        if !EmailAddress.isPlausible(command.to) {
            errors.append(.init(field: "to", message: "must be an e-mail address"))
        }
        if command.subject.isEmpty || command.subject.utf8.count > 500 {
            errors.append(.init(field: "subject", message: "must have 1 to 500 bytes"))
        }
        guard errors.isEmpty else { throw Problem.invalid(errors) }
        let mail = Mail(
            id: key ?? context.identifiers.next("MAIL-"), from: from, to: command.to, subject: command.subject,
            text: command.text, date: context.loop.now)
        do {
            try await transport.send(mail)
        } catch {
            throw error.isRetriable ? .unavailable(error.message) : Problem(status: 422, detail: error.message)
        }
    }
}
