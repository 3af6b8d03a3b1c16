import HTTP
import Kernel
import Simulation
import Synchronization

/// Calls between the nodes of a world: the caller's part runs on its own node, the answer is made on the other's.
final class SimulatedNetwork: Sendable {
    typealias Handler = @Sendable (Request) async -> Response

    /// What callers notice of a node that dies while it works for them.
    enum Ending: Sendable, CaseIterable {
        /// The connection breaks at once: the process died.
        case reset
        /// Nothing: the machine died, and their timeout has to end it.
        case silence
    }

    private struct Server {
        let node: SimulatedNode
        let handler: Handler
    }
    private struct State {
        var servers: [String: Server] = [:]
        var open: [(server: SimulatedNode, call: Call)] = []
        /// Never answered, and never to be freed.
        var silent: [Call] = []
    }
    private let state = Mutex(State())
    /// How long a message is on its way at most; each takes what the seed says.
    private let latency: Duration
    /// Of a thousand calls so many break after the server did its work.
    private let lostAnswers: Int

    init(latency: Duration = .zero, lostAnswers: Int = 0) {
        self.latency = latency
        self.lostAnswers = lostAnswers
    }

    /// Answers as `service` from now on; `nil` as soon as it does not any more.
    func register(_ service: String, on node: SimulatedNode, _ handler: Handler?) {
        state.withLock { state in
            if let handler {
                state.servers[service] = Server(node: node, handler: handler)
            } else if state.servers[service]?.node === node {
                state.servers[service] = nil
            }
        }
    }

    /// The node is dead: nobody reaches it, and those who wait for it notice as `ending` says.
    func lose(_ node: SimulatedNode, _ ending: Ending) {
        let cut = state.withLock { state in
            for (name, server) in state.servers where server.node === node { state.servers[name] = nil }
            let calls = state.open.filter { $0.server === node }.map(\.call)
            state.open.removeAll { $0.server === node }
            if ending == .silence { state.silent += calls }
            return calls
        }
        if ending == .reset { for call in cut { call.finish(Self.broken) } }
    }

    /// How the caller on that node reaches `service`.
    func transport(from node: SimulatedNode, to service: String) -> any Transport {
        let direct = DirectTransport(loop: node)
        direct.register(service) { [self] in await answer($0, of: service) }
        return Wire(direct: direct, isListening: { [self] in state.withLock { $0.servers[service] != nil } })
    }

    /// Tells the wire what a response cannot say.
    private static let broken = Response(status: 0)

    private func answer(_ request: Request, of service: String) async -> Response {
        await withCheckedContinuation { continuation in
            let call = Call(continuation)
            let server = state.withLock { state in
                let server = state.servers[service]
                if let server { state.open.append((server.node, call)) }
                return server
            }
            guard let server else { return call.finish(Self.broken) }
            _ = server.node.start { [self] in
                await travel(on: server.node)
                let response = await server.handler(request)
                await travel(on: server.node)
                state.withLock { state in state.open.removeAll { $0.call === call } }
                let isLost = lostAnswers > 0 && Int(server.node.random() % 1000) < lostAnswers
                call.finish(isLost ? Self.broken : response)
            }
        }
    }

    private func travel(on node: SimulatedNode) async {
        guard latency > .zero else { return }
        try? await node.sleep(for: latency * Int(node.random() % 1000) / 1000)
    }

    private final class Call: Sendable {
        private let waiting: Mutex<CheckedContinuation<Response, Never>?>

        init(_ continuation: CheckedContinuation<Response, Never>) {
            waiting = Mutex(continuation)
        }

        func finish(_ response: Response) {
            waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }?.resume(returning: response)
        }
    }

    private struct Wire: Transport {
        let direct: DirectTransport
        let isListening: @Sendable () -> Bool

        func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
            guard isListening() else { throw TransportError(.unreachable, "connection refused") }
            let response = try await direct.send(request)
            guard response.status != 0 else { throw TransportError(.interrupted, "connection reset") }
            return response
        }
    }
}
