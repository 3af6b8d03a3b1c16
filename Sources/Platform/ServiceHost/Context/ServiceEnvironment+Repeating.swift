import Kernel
import Telemetry

extension ServiceEnvironment {
    /// Runs `work` repeatedly, each time `interval` after the last run ended. Logs `failure` if a run throws, and goes
    /// on. Throws `CancellationError` when the task is cancelled.
    public func repeating(
        every interval: Duration, failure: String, _ work: @Sendable () async throws -> Void
    ) async throws {
        while true {
            try await loop.sleep(for: interval)
            do {
                try await work()
            } catch {
                try Task.checkCancellation()
                log.warning(failure, metadata: [.error: .error(error)])
            }
        }
    }
}
