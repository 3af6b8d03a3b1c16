import Glibc
import Kernel
import Runtime
import Synchronization

/// A way to a server on this machine that can be cut, made slow, or closed, on a loop of its own.
package final class TCPProxy: Sendable {
    /// Where it listens, on 127.0.0.1.
    package let port: Int
    private let target: Int
    private let loop = EventLoop(name: "proxy")
    private let state: ProxyState

    /// What happens to what goes through it.
    package enum Mode: Sendable, Equatable {
        case open
        /// Each piece takes so long.
        case slow(Duration)
        /// Nothing arrives any more.
        case silent
        /// Nobody can connect.
        case closed
        /// The first piece from a client that holds this text reaches the server, and the connection is reset when the
        /// server answers it: the answer is lost. With `isHeard` false, the piece does not reach the server either. Then the
        /// proxy is open again, or closed where that was the last that went through it.
        case losingAnswer(to: String, isHeard: Bool = true, isLast: Bool = false)
    }

    package init(to target: Int) throws {
        let (listener, port) = try LocalSocket.listen()
        self.port = port
        self.target = target
        let state = ProxyState(loop: loop, listener: listener, target: target)
        self.state = state
        loop.start()
        loop.execute { state.begin() }
    }

    /// How often clients have said something after the server had: round trips, where they wait for answers.
    package var turns: Int { state.turns.load(ordering: .relaxed) }

    /// How many answers were lost on purpose.
    package var lostAnswers: Int { state.lostAnswers.load(ordering: .relaxed) }

    package func set(_ mode: Mode) { loop.execute { [state] in state.set(mode) } }

    /// Resets every connection that is open now.
    package func cut() { loop.execute { [state] in state.cut() } }

    package func close() {
        loop.execute { [state] in state.end() }
        loop.stop()
    }
}

/// What the proxy's loop knows.
final class ProxyState: @unchecked Sendable {  // the loop's thread's own
    let loop: EventLoop
    private let listener: Int32
    private let target: Int
    private(set) var mode = TCPProxy.Mode.open
    let turns = Atomic(0)
    let lostAnswers = Atomic(0)
    private var connections: [ObjectIdentifier: ProxyConnection] = [:]

    init(loop: EventLoop, listener: Int32, target: Int) {
        self.loop = loop
        self.listener = listener
        self.target = target
    }

    func begin() { loop.watch(listener, .readable) { [weak self] _ in self?.accept() } }

    func set(_ mode: TCPProxy.Mode) {
        self.mode = mode
        for connection in connections.values { connection.update() }
    }

    /// Whether the connection that has sent this is to lose the answer.
    func isToLose(_ piece: ArraySlice<UInt8>) -> (isHeard: Bool, isDue: Bool) {
        guard case .losingAnswer(let text, let isHeard, let isLast) = mode,
            piece.contains(subsequence: Array(text.utf8))
        else { return (true, false) }
        lostAnswers.add(1, ordering: .relaxed)
        mode = isLast ? .closed : .open
        return (isHeard, true)
    }

    func cut() { for connection in connections.values { connection.close() } }

    func end() {
        cut()
        loop.unwatch(listener)
        Glibc.close(listener)
    }

    func forget(_ connection: ProxyConnection) { connections[ObjectIdentifier(connection)] = nil }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return }
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        guard mode != .closed, let server = LocalSocket.connect(target) else {
            LocalSocket.reset(client)
            return
        }
        let connection = ProxyConnection(self, client: client, server: server)
        connections[ObjectIdentifier(connection)] = connection
        connection.update()
    }
}

extension ArraySlice<UInt8> {
    fileprivate func contains(subsequence text: [UInt8]) -> Bool {
        guard count >= text.count, !text.isEmpty else { return false }
        return (startIndex...endIndex - text.count).contains { self[$0..<$0 + text.count].elementsEqual(text) }
    }
}
