import Contracts
import HTTP
import Idempotency
import Kernel
import Mail
import ServiceHost

/// Validates a mail, sends it, and turns the outcome into an answer.
struct SendEmailHandler: Sendable {
    let context: ServiceEnvironment
    let from: MailAddress
    let transport: any MailTransport

    func send(_ command: SendEmail, of request: Request) async throws -> Response {
        let key = try IdempotencyKey(request.headers, client: "")?.value
        let to = try Self.validated(command)
        let mail = Mail(
            id: key ?? context.identifiers.next("MAIL-"), from: from, to: to, subject: command.subject,
            text: command.text, html: command.html, date: context.loop.now)
        do {
            try await transport.send(mail)
            return Response(status: 202)
        } catch {
            throw Self.problem(error)
        }
    }

    private static func validated(_ command: SendEmail) throws(Problem) -> MailAddress {
        var errors: [Problem.Field] = []
        func require(_ condition: Bool, _ field: String, _ message: String) {
            if !condition { errors.append(.init(field: field, message: message)) }
        }
        let to = EmailAddress.ascii(command.to).flatMap { MailAddress($0) }
        require(to != nil, "to", "must be an e-mail address")
        require((1...500).contains(command.subject.utf8.count), "subject", "must have 1 to 500 bytes")
        require(!command.text.isEmpty, "text", "must not be empty")
        require(command.html?.isEmpty != true, "html", "must not be empty where it is given")
        guard errors.isEmpty, let to else { throw .invalid(errors) }
        return to
    }

    /// A mail whose fate is not known may be sent again under its key: the Message-ID is the same.
    private static func problem(_ error: MailError) -> Problem {
        switch error.outcome {
        case .refused: Problem(status: 422, detail: error.message)
        case .notTaken: .unavailable(error.message, dependency: "mail server")
        case .unknown: Problem(status: 504, detail: error.message, retryAfter: .seconds(2))
        }
    }
}
