package import HTTP
import Synchronization

/// What the simulator's callbacks brought, in the order of arrival, and how they are answered.
package final class ReceivedCallbacks: Sendable {
    private struct State {
        var requests: [Request] = []
        var answer: @Sendable (Request) -> Int = { _ in 200 }
    }
    private let state = Mutex(State())

    package var requests: [Request] { state.withLock { $0.requests } }

    /// From now on callbacks are answered with the status that `answer` gives.
    package func answer(_ answer: @escaping @Sendable (Request) -> Int) {
        state.withLock { $0.answer = answer }
    }

    func take(_ request: Request) -> Response {
        let status = state.withLock { state in
            state.requests.append(request)
            return state.answer(request)
        }
        return Response(status: status)
    }
}
