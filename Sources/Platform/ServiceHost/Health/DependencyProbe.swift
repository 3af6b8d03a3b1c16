import Kernel
import Storage
import Synchronization

/// Asks a dependency whether it answers, in bounded time. Those who ask while a look is under way share its outcome, so
/// that a dependency that hangs is asked once.
final class DependencyProbe: Sendable {
    private struct State {
        var look: Task<Void, Never>?
        var waiters: [Int: OneShot<Readiness.Dependency>] = [:]
        var nextWaiter = 0
        /// The reason that the last look found.
        var reason: String?
    }
    let name: String
    private let loop: any Loop
    private let ask: @Sendable () async throws -> Void
    private let state = Mutex(State())

    init(_ name: String, loop: any Loop, ask: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.loop = loop
        self.ask = ask
    }

    /// Answers within `limit`, whatever the dependency does.
    func look(within limit: Duration) async -> Readiness.Dependency {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = loop.schedule(after: limit) { [self] in giveUp(number, limit) }
        defer { timer.cancel() }
        let answer = OneShot<Readiness.Dependency>()
        state.withLock { state in
            state.waiters[number] = answer
            guard state.look == nil else { return }
            state.look = loop.start { [self] in
                do {
                    try await ask()
                    ended(nil)
                } catch {
                    ended(Self.reason(error))
                }
            }
        }
        return await answer.value()
    }

    private func ended(_ reason: String?) {
        let waiters = state.withLock { state in
            state.look = nil
            state.reason = reason
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.give(Readiness.Dependency(name, failure: reason)) }
    }

    private func giveUp(_ number: Int, _ limit: Duration) {
        let (waiter, last) = state.withLock { ($0.waiters.removeValue(forKey: number), $0.reason) }
        let silence = "it did not answer within \(Int(limit.seconds * 1000)) ms"
        waiter?.give(
            Readiness.Dependency(name, failure: last.map { "\(silence); before that: \($0)" } ?? silence))
    }

    private static func reason(_ error: any Error) -> String {
        (error as? StorageError)?.message ?? ErrorText.of(error)
    }
}
