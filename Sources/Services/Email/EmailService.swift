public import Configuration
import Contracts
public import HTTP
import Idempotency
import Mail
public import ServiceHost

/// Sends mails: to the SMTP server that the configuration names, or into a folder of `.eml` files. Keeps nothing.
public struct EmailService: ServiceDefinition {
    public static let name = "email"
    public static let kind = ServiceKind.stateless
    public static let port = 8090
    public static let summary = "mails, by SMTP or into a folder"
    public static let externalSystems = ["SMTP server"]

    private let settings: EmailSettings

    public init(from section: Configuration) {
        settings = EmailSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> EmailParts {
        let transport: any MailTransport =
            if let server = settings.server {
                SMTPMailTransport(server, loop: context.loop)
            } else {
                try FolderMailTransport(
                    folder: settings.folder ?? context.folder("outbox"), loop: context.loop)
            }
        return EmailParts(sending: SendEmailHandler(context: context, from: settings.from, transport: transport))
    }

    public static let routes: [RouteDeclaration<EmailParts>] = [
        .post(
            EmailAPI.path, summary: "Sends a mail; its Idempotency-Key becomes the Message-ID",
            body: SendEmail.self, statuses: [202, 422, 503, 504]
        ) { try await $0.sending.send($2, of: $1) }
        .idempotencyKey(.optional).open(to: .operators)
        .notAudited(because: "the service keeps nothing; notification has every message")
    ]
}

/// The handler that the route calls.
public struct EmailParts: Sendable {
    let sending: SendEmailHandler
}
