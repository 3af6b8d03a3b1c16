import FoundationEssentials
public import HTTP
import Kernel

/// A participant's answer, or the failure to get one.
public enum SagaReply: Sendable {
    case response(Response)
    /// There was no answer. It is known that the participant did not act only if `isKnownNotSent`.
    case failure(TransportError)

    /// The outcome for a step without a rule of its own: done after a success, retry if there was no answer, if the
    /// participant was not able to answer (408, 425, 429, 5xx) or sent `Retry-After`, and otherwise refused.
    public var outcome: StepOutcome {
        switch self {
        case .failure(let error): return .retry(error.message)
        case .response(let response):
            if response.isSuccess { return .done }
            let isPassing = response.status >= 500 || [408, 425, 429].contains(response.status)
            return isPassing || response.headers["Retry-After"] != nil ? .retry(reason) : .refused(reason)
        }
    }

    public var status: Int? {
        if case .response(let response) = self { response.status } else { nil }
    }

    /// The `type` of the problem details in the answer.
    public var problemType: String? { problem?.type }

    /// The reason of a failure, in the participant's words.
    public var reason: String {
        switch self {
        case .failure(let error): error.message
        case .response(let response): problem?.detail ?? problem?.title ?? "it answered \(response.status)"
        }
    }

    public func decode<Body: Decodable>(_ type: Body.Type) throws -> Body {
        switch self {
        case .response(let response): try JSON.decode(type, from: response.body)
        case .failure(let error): throw error
        }
    }

    private struct ProblemBody: Decodable {
        let type: String?
        let title: String?
        let detail: String?
    }

    private var problem: ProblemBody? {
        guard case .response(let response) = self, !response.isSuccess else { return nil }
        return try? JSON.decode(ProblemBody.self, from: response.body)
    }
}
