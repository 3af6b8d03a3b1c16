import Foundation

/// Runs blocking work on `count` threads of its own and returns when all of them have ended; throws what one of them
/// threw.
func onThreads(_ count: Int, _ work: @escaping @Sendable (Int) throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<count {
            group.addTask {
                try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
                    Thread.detachNewThread { done.resume(with: Result { try work(number) }) }
                }
            }
        }
        try await group.waitForAll()
    }
}
