import Foundation
package import Kernel
import Runtime
import Simulation

/// The loops that a test runs on: real threads and time, or one thread and virtual time.
package enum LoopKind: String, Sendable, CaseIterable, CustomStringConvertible {
    case simulated, threads

    package var description: String { rawValue }

    /// Runs `body` on a new loop of this kind.
    package func run<Result: Sendable>(
        seed: UInt64 = 7, _ body: @escaping @Sendable (any Loop) async throws -> Result
    ) async throws -> Result {
        switch self {
        case .simulated:
            return try await Self.simulate(seed: seed, body)
        case .threads:
            let loop = EventLoop(name: "test")
            loop.start()
            defer { loop.stop() }
            return try await Task(executorPreference: loop) { try await body(loop) }.value
        }
    }

    private static func simulate<Result: Sendable>(
        seed: UInt64, _ body: @escaping @Sendable (any Loop) async throws -> Result
    ) async throws -> Result {
        // On a thread of its own: a world that takes seconds must not hold up the few threads that all tests share.
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                let loop = SimulatedLoop(seed: seed)
                continuation.resume(with: Swift.Result { try loop.run { try await body(loop) } })
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}

/// Waits until `condition` holds; throws when it does not within `limit` of the loop's time.
package func eventually(
    on loop: any Loop, within limit: Duration = .seconds(20), _ condition: @Sendable () async throws -> Bool
) async throws {
    let end = loop.uptime + limit
    while try await !condition() {
        guard loop.uptime < end else { throw NeverHappened() }
        try await loop.sleep(for: .milliseconds(2))
    }
}

package struct NeverHappened: Error {}
