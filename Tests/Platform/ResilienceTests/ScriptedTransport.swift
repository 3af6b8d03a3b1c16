import HTTP
import Kernel
import Synchronization

/// Answers the attempts of a call from a list, each after a second; the last answer repeats.
final class ScriptedTransport: Transport {
    enum Answer: Sendable {
        case status(Int, retryAfter: String? = nil)
        case error(TransportError.Code)
    }

    private let loop: any Loop
    private let answers: [Answer]
    private let seen = Mutex<[(at: Duration, timeout: Duration)]>([])

    init(_ answers: [Answer], loop: any Loop) {
        self.answers = answers
        self.loop = loop
    }

    /// When each attempt came, in whole seconds.
    var seconds: [Int] { seen.withLock { $0.map { Int($0.at.components.seconds) } } }

    var timeouts: [Duration] { seen.withLock { $0.map(\.timeout) } }

    func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        let now = loop.uptime
        let index = seen.withLock { seen in
            seen.append((at: now, timeout: request.timeout))
            return seen.count - 1
        }
        do { try await loop.sleep(for: .seconds(1)) } catch { throw TransportError(.cancelled, "cancelled") }
        switch answers[min(index, answers.count - 1)] {
        case .status(let status, let retryAfter):
            var response = Response(status: status)
            response.headers["Retry-After"] = retryAfter
            return response
        case .error(let code): throw TransportError(code, "\(code)")
        }
    }
}
