extension Database {
    /// The same, begun anew when somebody else changed what the body had read (`StorageError.versionConflict`): at most
    /// `tries` times in all, then the conflict is thrown.
    public func transaction<Result: Sendable>(
        tries: Int, _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        for _ in 1..<max(1, tries) {
            do {
                return try await transaction(body)
            } catch let error as StorageError where error.code == .versionConflict {
                continue
            }
        }
        return try await transaction(body)
    }
}
