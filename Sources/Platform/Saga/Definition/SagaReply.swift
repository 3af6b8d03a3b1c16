import FoundationEssentials
public import HTTP
import Kernel

/// What came back from a participant.
public enum SagaReply: Sendable {
    case response(Response)
    /// No answer. Whether the participant acted is known only where `isKnownNotSent`.
    case failure(TransportError)

    /// What an answer means where a step has no rule of its own: success, a refusal for good, or ask again: when there
    /// was no answer, the participant was not able to (408, 425, 429, 5xx), or said when to come back (`Retry-After`).
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

    /// The `type` of the problem that was answered.
    public var problemType: String? { problem?.type }

    /// Why not, in the participant's words.
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
