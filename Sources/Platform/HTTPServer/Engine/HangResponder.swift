import CLinux
import Glibc
import HTTP
import Synchronization

/// Answers for servers whose loop hangs, on the caller's thread: new connections get 503, so that a probe of `/livez`
/// learns at once what a timeout would tell it later. Connections that were accepted before stay silent.
public final class HangResponder: Sendable {
    private let listeners = Mutex<Set<Int32>>([])
    /// The time that one call of `answer` takes at most, apart from the connection that it is at.
    private static let budget = Duration.milliseconds(200)
    private static let connections = 64

    public init() {}

    func add(_ listener: Int32) { listeners.withLock { _ = $0.insert(listener) } }

    /// Before the socket is closed: its number may then be another's.
    func remove(_ listener: Int32) { listeners.withLock { _ = $0.remove(listener) } }

    /// Takes connections that wait to be accepted and answers each with 503 and `reason`. For a thread that may wait.
    public func answer(_ reason: String) {
        let problem = Problem.unavailable(reason, dependency: "event loop")
        let bytes = Self.bytes(problem.response())
        let end = ContinuousClock.now + Self.budget
        for _ in 0..<Self.connections {
            guard ContinuousClock.now < end, let socket = accept() else { return }
            Self.answer(socket, bytes)
        }
    }

    private func accept() -> Int32? {
        listeners.withLock { listeners in
            for listener in listeners {
                let socket = linux_accept(listener)
                if socket >= 0 { return socket }
            }
            return nil
        }
    }

    private static func answer(_ socket: Int32, _ bytes: [UInt8]) {
        defer { close(socket) }
        var buffer = [UInt8](repeating: 0, count: 8192)
        // Bytes that are unread when the socket closes would take the answer back.
        guard waits(for: socket) else { return }
        _ = recv(socket, &buffer, buffer.count, 0)
        _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        shutdown(socket, Int32(SHUT_WR))
        if waits(for: socket) { _ = recv(socket, &buffer, buffer.count, 0) }
    }

    private static func waits(for socket: Int32) -> Bool {
        var poll = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 100) == 1
    }

    private static func bytes(_ response: Response) -> [UInt8] {
        var head = "HTTP/1.1 \(response.status) \(Problem.reason(response.status))\r\n"
        for field in response.headers.fields { head += "\(field.name): \(field.value)\r\n" }
        head += "Content-Length: \(response.body.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + Array(response.body)
    }
}
