public import Configuration
import Contracts
public import HTTP
import Idempotency
import Kernel
public import ServiceHost

/// Sends text messages: by Twilio, by another provider over HTTP, or into a folder of text files. Keeps nothing.
public struct SMSService: ServiceDefinition {
    public static let name = "sms"
    public static let kind = ServiceKind.stateless
    public static let port = 8091
    public static let summary = "text messages, by an HTTP provider or into a folder"
    public static let externalSystems = ["SMS provider"]

    private let settings: SMSSettings

    public init(from section: Configuration) {
        settings = SMSSettings(from: section)
    }

    public func parts(_ context: ServiceEnvironment) throws -> SMSParts {
        SMSParts(sending: SendSMSHandler(context: context, provider: try provider(context)))
    }

    public static let routes: [RouteDeclaration<SMSParts>] = [
        .post(
            SMSAPI.path, summary: "Sends a text message; its Idempotency-Key goes on to the provider",
            body: SendSMS.self, statuses: [202, 422, 503, 504]
        ) { try await $0.sending.send($2, of: $1) }
        .idempotencyKey(.optional).open(to: .operators)
        .notAudited(because: "the service keeps nothing; notification has every message")
    ]

    private func provider(_ context: ServiceEnvironment) throws -> any SMSProvider {
        func transport() -> any Transport { context.externalTransport("sms", breaker: settings.breaker, retry: .never) }
        return switch settings.provider {
        case .folder(let path):
            try FolderSMSProvider(folder: path ?? context.folder("sms-outbox"), loop: context.loop)
        case .twilio(let twilio): TwilioProvider(settings: twilio, transport: transport())
        case .http(let url, let headers, let timeout):
            HTTPSMSProvider(url: url, headers: headers, timeout: timeout, transport: transport())
        }
    }
}

/// The handler that the route calls.
public struct SMSParts: Sendable {
    let sending: SendSMSHandler
}
