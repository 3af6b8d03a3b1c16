import Glibc

/// A client's connection, from accept to close.
final class Connection {
    /// What the connection waits for; each has its own time limit.
    enum Phase {
        /// A request, or the rest of its header.
        case header
        case body
        case handler
        /// That the client takes the answer.
        case answer
        /// That a client which has been refused stops sending.
        case linger
    }
    let socket: Int32
    var phase = Phase.header
    /// In the loop's uptime.
    var deadline: Duration
    /// The request that it is busy with.
    var exchange: Exchange?

    init(socket: Int32, deadline: Duration) {
        self.socket = socket
        self.deadline = deadline
    }

    func enter(_ phase: Phase, until deadline: Duration) {
        self.phase = phase
        self.deadline = deadline
    }

    /// Makes the daemon see the end of the connection, and close it.
    func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }
}
