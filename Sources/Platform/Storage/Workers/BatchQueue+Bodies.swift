package import Kernel

extension BatchQueue {
    /// Runs a body among those that wait, and returns what came of it once that is known.
    package func run<Engine, Value: Sendable>(
        on worker: any Worker, _ loop: any Loop, stop: ReadStop? = nil,
        _ body: @escaping @Sendable (BodyScope<Engine>) async throws -> Value
    ) async throws -> Value where Item == any TransactionJob<Engine> {
        try await withCheckedThrowingContinuation { continuation in
            let job = BodyJob<Engine, Value>(worker: worker, stop: stop, continuation: continuation)
            job.prepare(body)
            do { try add(job) } catch { loop.execute { job.resume(failing: error) } }
        }
    }
}
