import CMicroHTTPD
import FoundationEssentials
import HTTP
import Kernel

/// One request and its answer.
final class Exchange: @unchecked Sendable {  // used on the loop's thread only; the handler's task runs there too
    enum State {
        /// The request line is known.
        case line
        case body
        /// Answered before its end; what else arrives of it is thrown away.
        case refused
        /// The handler runs, and the daemon has not been left yet.
        case handling
        /// The handler waits; the daemon leaves the connection alone.
        case suspended
        /// There is an answer, and the daemon has not taken it yet.
        case answered
        /// The daemon has forgotten the request.
        case ended
    }
    let raw: OpaquePointer
    let connection: Connection
    let began: Duration
    let path: String
    let query: String
    var state = State.line
    var method = Method.get
    var body = Data()
    var task: Task<Void, Never>?
    private var response: OpaquePointer?
    private(set) var status = 0

    init(raw: OpaquePointer, connection: Connection, target: String, began: Duration) {
        self.raw = raw
        self.connection = connection
        self.began = began
        (path, query) = RequestTarget.split(target)
    }

    deinit {
        if let response { MHD_destroy_response(response) }
    }

    func setAnswer(_ response: OpaquePointer?, status: Int) {
        self.response = response
        self.status = status
        state = .answered
    }

    /// Hands the answer to the daemon.
    func queueAnswer() -> MHD_Result {
        guard let response else { return .NO }
        defer {
            MHD_destroy_response(response)
            self.response = nil
        }
        return MHD_queue_response(raw, UInt32(status), response)
    }
}
