import Kernel

extension Request {
    /// Longer bodies take more than a millisecond to read.
    private static let largeBody = 16 << 10

    /// Reads the body: at once if it is short; a long one on the service's thread for them, one after the other, while the
    /// loop answers other requests.
    package func aside<Value: Sendable>(
        _ read: @escaping @Sendable (Request) throws -> Value
    ) async throws -> Value {
        guard body.count > Self.largeBody, let worker = bodyWorker else { return try read(self) }
        return try await withCheckedContinuation { continuation in
            worker.submit { continuation.resume(returning: Result { try read(self) }) }
        }.get()
    }
}
