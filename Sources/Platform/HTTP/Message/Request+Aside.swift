import Kernel

extension Request {
    /// Longer bodies take more than a millisecond to read.
    private static let largeBody = 16 << 10

    /// Reads the body: at once if it is short; a long one on the service's thread for them, one after the other, while the
    /// loop answers other requests.
    package func aside<Value: Sendable>(
        _ read: @escaping @Sendable (Request) throws -> Value
    ) async throws -> Value {
        try await aside(body.count > Self.largeBody) { try read(self) }
    }

    /// Does work that takes more than a millisecond where `isLong`, on the same thread; at once otherwise.
    package func aside<Value: Sendable>(
        _ isLong: Bool, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        guard isLong, let worker = bodyWorker else { return try work() }
        return try await withCheckedContinuation { continuation in
            worker.submit { continuation.resume(returning: Result { try work() }) }
        }.get()
    }
}
