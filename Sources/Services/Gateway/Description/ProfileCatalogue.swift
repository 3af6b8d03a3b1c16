import HTTP
import Kernel
import ServiceHost
import Synchronization

/// The descriptions of collections, fetched when somebody asks and remembered like the documents of their services: no limit of
/// a route's rates is before these pages. One request at a time fetches one of them; others wait for it.
final class ProfileCatalogue: Sendable {
    private struct Key: Hashable {
        let target: GatewayRoute.Target
        let path: String
    }
    private struct Entry {
        /// The latest answer that was one.
        var profile: Response?
        /// The answer that is given if there is none.
        var failure: Problem?
        var nextFetch: Duration
        var isFetching = false
        var waiters: [OneShot<Void>] = []
    }
    private enum Turn {
        case known(Response)
        case failed(Problem)
        case wait(OneShot<Void>)
        case fetch
    }
    private let loop: any Loop
    private let entries = Mutex<[Key: Entry]>([:])

    private static let timeout = Duration.seconds(5)
    /// Descriptions that are remembered, and the bytes of one.
    private static let count = 256
    private static let bytes = 256 << 10

    init(loop: any Loop) { self.loop = loop }

    /// Throws `Problem`, and `CancellationError`.
    func profile(
        _ path: String, of target: GatewayRoute.Target, _ name: String, _ upstream: Upstream
    ) async throws -> Response {
        let key = Key(target: target, path: path)
        while true {
            try Task.checkCancellation()
            switch turn(key) {
            case .known(let response): return response
            case .failed(let problem): throw problem
            case .wait(let waiter): await waiter.value(ifCancelled: ())
            case .fetch: return try await fetch(key, name, upstream)
            }
        }
    }

    private func turn(_ key: Key) -> Turn {
        let now = loop.uptime
        return entries.withLock { entries in
            if entries[key] == nil, entries.count >= Self.count {
                // Paths that other configurations had, most of all.
                entries = entries.filter { $0.value.isFetching || $0.value.nextFetch > now }
                while entries.count >= Self.count, let some = entries.first(where: { !$0.value.isFetching }) {
                    entries[some.key] = nil
                }
            }
            var entry = entries[key] ?? Entry(nextFetch: now)
            defer { entries[key] = entry }
            if entry.nextFetch > now {
                if let profile = entry.profile { return .known(profile) }
                if let failure = entry.failure { return .failed(failure) }
            }
            guard !entry.isFetching else {
                let waiter = OneShot<Void>()
                entry.waiters.append(waiter)
                return .wait(waiter)
            }
            entry.isFetching = true
            return .fetch
        }
    }

    private func fetch(_ key: Key, _ name: String, _ upstream: Upstream) async throws -> Response {
        let result = await answer(key.path, name, upstream)
        // A cancelled request has learnt nothing about the upstream; another one fetches.
        let isCancelled = Task.isCancelled
        let now = loop.uptime
        let (waiters, profile) = entries.withLock { entries in
            var entry = entries[key] ?? Entry(nextFetch: now)
            let waiters = entry.waiters
            (entry.isFetching, entry.waiters) = (false, [])
            switch result {
            case .success(let response):
                (entry.profile, entry.failure) = (response, nil)
                entry.nextFetch = now + DocumentCatalogue.age
            case .failure(let problem) where !isCancelled:
                entry.failure = problem
                entry.nextFetch = now + DocumentCatalogue.retryAge
            case .failure: break
            }
            entries[key] = entry
            return (waiters, entry.profile)
        }
        for waiter in waiters { waiter.give(()) }
        try Task.checkCancellation()
        if let profile { return profile }
        return try result.get()
    }

    private func answer(_ path: String, _ name: String, _ upstream: Upstream) async -> Result<Response, Problem> {
        let request = OutboundRequest(method: .get, url: path, timeout: Self.timeout)
        let response: Response
        do {
            response = try await upstream.send(request, isRepeatable: true)
        } catch {
            return .failure(.unavailable("The \(name) service does not answer", dependency: name))
        }
        guard response.status == 200, response.body.count <= Self.bytes else {
            return .failure(
                .unavailable("The \(name) service does not describe \(path) (\(response.status))", dependency: name))
        }
        var headers = Headers()
        headers["Content-Type"] = response.headers["Content-Type"]
        return .success(Response(status: 200, headers: headers, body: response.body))
    }
}
