import FoundationEssentials
import Glibc
import HTTP
import HTTPClient
import Kernel
import Runtime

/// The client of the processes that run on a data folder.
struct ControlClient: Sendable {
    private let data: String
    private let loop: EventLoop
    private let timeout: Duration

    init(data: String, loop: EventLoop, timeout: Duration = .seconds(60)) {
        self.data = data
        self.loop = loop
        self.timeout = timeout
    }

    /// The services of every process. A socket without a listener was left by a dead process and is removed.
    func services() async throws -> [(socket: String, host: String?, services: [ControlAPI.ServiceStatus])] {
        var found: [(String, String?, [ControlAPI.ServiceStatus])] = []
        for socket in ControlSocket.paths(in: ControlAPI.folder(data: data)) {
            do {
                let response = try await send(.get, "/services", socket: socket)
                let answer = try JSON.decode(ControlAPI.Services.self, from: response.body)
                found.append((socket, answer.host, answer.services))
            } catch let error as TransportError where error.isKnownNotSent {
                if ControlSocket.isAbandoned(socket) { unlink(socket) }
            }
        }
        return found
    }

    /// `action` is `stop` or `start`.
    func command(_ action: String, service: String) async throws -> ControlAPI.ServiceStatus {
        let processes = try await services()
        guard !processes.isEmpty else { throw Unreachable("no shop runs on the data folder \(data)") }
        guard let socket = processes.first(where: { $0.services.contains { $0.name == service } })?.socket else {
            throw CommandFailure("no process on the data folder \(data) has the service \(service)")
        }
        let response = try await send(.post, "/services/\(service)/\(action)", socket: socket)
        guard response.isSuccess else {
            throw CommandFailure("\(service): \(String(decoding: response.body, as: UTF8.self))")
        }
        return try JSON.decode(ControlAPI.ServiceStatus.self, from: response.body)
    }

    private func send(_ method: HTTPMethod, _ path: String, socket: String) async throws(TransportError) -> Response {
        var options = HTTPClientOptions()
        options.unixSocket = socket
        let client = HTTPClient(loop: loop, options: options)
        let request = OutboundRequest(method: method, url: "http://localhost" + path, timeout: timeout)
        let result: Result<Response, TransportError>
        do { result = .success(try await client.send(request)) } catch { result = .failure(error) }
        await client.shutdown()
        return try result.get()
    }
}
