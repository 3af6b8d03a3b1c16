import Foundation

/// Runs blocking work on `count` threads of its own and returns when all of them have ended; throws what one of them
/// threw.
func onThreads(_ count: Int, _ work: @escaping @Sendable (Int) throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<count {
            group.addTask { try await onThread { try work(number) } }
        }
        try await group.waitForAll()
    }
}

/// Runs blocking work on a thread of its own and gives its result. What it finds is judged on the test's own task.
func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { done in
        Thread.detachNewThread { done.resume(with: Swift.Result { try work() }) }
    }
}
