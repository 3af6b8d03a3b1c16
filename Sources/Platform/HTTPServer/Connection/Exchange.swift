import FoundationEssentials
import HTTP
import Kernel

/// One request and its answer.
final class Exchange: @unchecked Sendable {  // used on the loop's thread only; the handler's task runs there too
    enum State {
        /// The handler has not returned to the connection yet.
        case handling
        /// The handler waits for something.
        case suspended
        /// The connection has the answer, or has gone.
        case ended
    }
    let method: Method
    let path: String
    /// In the loop's uptime.
    let began: Duration
    /// What the connection does after the answer.
    let closes: Bool
    let isVersion10: Bool
    var state = State.handling
    var task: Task<Void, Never>?

    init(_ head: RequestHead, began: Duration) {
        method = head.method
        path = head.path
        closes = head.closes
        isVersion10 = head.isVersion10
        self.began = began
    }
}
