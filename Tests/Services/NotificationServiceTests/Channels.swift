import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Synchronization

/// The email and the sms service, as a test wants them to behave.
final class Channels: Sendable {
    struct Sent: Sendable, Hashable {
        let channel: String
        let to: String
        let key: String
    }
    private struct State {
        var sent: [Sent] = []
        var requests: [Sent] = []
        var statuses: [String: [Int]] = [:]
    }
    private let state = Mutex(State())

    init(_ service: ServiceUnderTest) {
        for channel in ["email", "sms"] { service.transport.register(channel) { self.take($0, channel) } }
    }

    /// Taken, in order.
    var sent: [Sent] { state.withLock { $0.sent } }
    /// Asked, whatever was answered.
    var requests: [Sent] { state.withLock { $0.requests } }

    /// What the channel answers next, before it is well again.
    func answer(_ channel: String, _ statuses: [Int]) { state.withLock { $0.statuses[channel] = statuses } }

    private func take(_ request: Request, _ channel: String) -> Response {
        struct Body: Decodable { let to: String }
        let to = (try? JSON.decode(Body.self, from: request.body))?.to ?? "?"
        let sent = Sent(channel: channel, to: to, key: request.headers["Idempotency-Key"] ?? "?")
        let status = state.withLock { state in
            state.requests.append(sent)
            var next = state.statuses[channel] ?? []
            let status = next.isEmpty ? 202 : next.removeFirst()
            state.statuses[channel] = next
            if status == 202 { state.sent.append(sent) }
            return status
        }
        return Response(status: status)
    }
}
