import Kernel
import Telemetry

extension ServiceEnvironment {
    /// Does `work` again and again, each time `interval` after the last one ended, until cancelled; then it throws
    /// `CancellationError`. One that fails is logged with the words of `failure`, and tried again the next time.
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
