import Contracts
import HTTP
import Idempotency
import Kernel
import ServiceHost

/// Validates a text message, sends it, and turns the outcome into an answer.
struct SendSMSHandler: Sendable {
    /// The longest text that providers accept. Longer texts are refused, and not cut.
    private static let longestText = 1600

    let context: ServiceEnvironment
    let provider: any SMSProvider

    func send(_ command: SendSMS, of request: Request) async throws -> Response {
        let key = try IdempotencyKey(request.headers, client: "")?.value
        try Self.validate(command)
        let message = TextMessage(key: key ?? context.identifiers.next("SMS-"), to: command.to, text: command.text)
        if let problem = Self.problem(await provider.send(message)) { throw problem }
        return Response(status: 202)
    }

    private static func validate(_ command: SendSMS) throws(Problem) {
        var errors: [Problem.Field] = []
        if !PhoneNumber.isPlausible(command.to) {
            errors.append(.init(field: "to", message: "must be a number as +628123456789"))
        }
        if !(1...longestText).contains(command.text.count) {
            errors.append(.init(field: "text", message: "must have 1 to \(longestText) characters"))
        }
        guard errors.isEmpty else { throw refusal(errors) }
    }

    /// Returns the problem of an outcome; `nil` if the message was accepted.
    private static func problem(_ outcome: SMSOutcome) -> Problem? {
        switch outcome {
        case .taken: nil
        case .refused(let reason, let field?): refusal([.init(field: field.rawValue, message: reason)])
        case .refused(let reason, nil): Problem(status: 422, detail: reason)
        case .notTaken(let reason, let delay):
            .unavailable(reason, retryAfter: delay ?? .seconds(2), dependency: "SMS provider")
        case .unknown(let reason): Problem(status: 504, detail: reason, retryAfter: .seconds(2))
        }
    }

    /// Makes a 422, whether this service or the provider refuses a number.
    private static func refusal(_ errors: [Problem.Field]) -> Problem {
        var problem = Problem.invalid(errors)
        problem.status = 422
        return problem
    }
}
