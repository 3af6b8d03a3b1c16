public import Configuration
import Contracts
import HTTP
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

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let transport: any MailTransport =
            if let server = settings.server {
                SMTPMailTransport(server, loop: context.loop)
            } else {
                try FolderMailTransport(
                    folder: settings.folder ?? context.folder("outbox"), loop: context.loop)
            }
        let sending = MailSending(context: context, from: settings.from, transport: transport)
        return ServiceParts(routes: [
            .post(
                EmailAPI.path, summary: "Sends a mail; its Idempotency-Key becomes the Message-ID",
                body: SendEmail.self, statuses: [202, 422, 503, 504]
            ) { request, command in
                try await sending.send(command, of: request)
                return Response(status: 202)
            }
            .idempotencyKey(.optional)
        ])
    }
}
