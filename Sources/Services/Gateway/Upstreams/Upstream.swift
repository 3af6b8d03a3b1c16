import HTTP
import Kernel
import ServiceHost
import Synchronization
import Telemetry

/// The servers behind a route, of which each request goes to one.
final class Upstream: Sendable {
    let name: String
    let settings: UpstreamSettings?
    private let targets: [ServiceClient]
    private let loop: any Loop
    private let log: Logger
    private let health: Mutex<UpstreamHealth>

    /// One server: nothing to choose.
    init(_ client: ServiceClient, loop: any Loop, log: Logger) {
        name = client.name
        settings = nil
        targets = [client]
        self.loop = loop
        self.log = log
        health = Mutex(UpstreamHealth(weights: [1], failures: .max, ejection: .zero))
    }

    init(_ name: String, _ settings: UpstreamSettings, targets: [ServiceClient], loop: any Loop, log: Logger) {
        self.name = name
        self.settings = settings
        self.targets = targets
        self.loop = loop
        self.log = log
        health = Mutex(
            UpstreamHealth(
                weights: settings.targets.map(\.weight), failures: settings.failures, ejection: settings.ejection))
    }

    /// Sends a request to one of the servers. Where no connection to it comes about, another one gets the request; where the
    /// connection breaks amid it, only if the request may be repeated.
    func send(_ request: OutboundRequest, isRepeatable: Bool) async throws(TransportError) -> Response {
        var tried: Set<Int> = []
        var last = TransportError(.unreachable, "\(name) has no server with a weight")
        var mayHaveArrived = false
        while let index = choose(except: tried) {
            tried.insert(index)
            do {
                let response = try await targets[index].send(request)
                health.withLock { $0.succeeded(index) }
                response.stream?.whenOver { [self] in
                    if case .failed = $0 { health.withLock { $0.failed(index, at: loop.uptime) } }
                }
                return response
            } catch {
                last = error
                guard [.unreachable, .timedOut, .interrupted].contains(error.code) else { break }
                // A body that the client has cut off says nothing about the server.
                guard request.stream?.failure == nil else { break }
                let now = loop.uptime
                health.withLock { $0.failed(index, at: now) }
                if !error.isKnownNotSent { mayHaveArrived = true }
                guard request.stream?.hasBegun != true else { break }
                guard error.code == .unreachable || (error.code == .interrupted && isRepeatable) else { break }
            }
        }
        // One of the servers may have got it, whatever the last one says.
        throw mayHaveArrived && last.isKnownNotSent ? TransportError(.interrupted, last.message) : last
    }

    private func choose(except tried: Set<Int>) -> Int? {
        let now = loop.uptime
        return health.withLock { $0.choose(except: tried, at: now, random: loop.random) }
    }

    /// Asks each server for its health, until cancelled.
    func checkHealth() async {
        guard let check = settings?.health else { return }
        while !Task.isCancelled {
            for (index, target) in targets.enumerated() {
                let request = OutboundRequest(method: .get, url: check.path, timeout: check.timeout)
                let response = try? await target.send(request)
                let passes = response?.isSuccess == true
                guard health.withLock({ $0.checked(index, passes: passes) }) else { continue }
                log.warning(
                    passes ? "a server passes its health check again" : "a server does not pass its health check",
                    metadata: ["upstream": .string(name), "server": .string(target.baseURL)])
            }
            do { try await loop.sleep(for: check.interval) } catch { return }
        }
    }
}
