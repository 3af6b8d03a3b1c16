import Storage
import Testing

/// Expects a `StorageError` of that code, whose message has the given word.
func expect(
    code: StorageError.Code, naming word: String = "", _ body: () async throws -> some Any,
    at location: SourceLocation = #_sourceLocation
) async {
    do {
        _ = try await body()
        Issue.record("should have thrown \(code)", sourceLocation: location)
    } catch let error as StorageError {
        #expect(error.code == code, sourceLocation: location)
        #expect(word.isEmpty || error.message.contains(word), sourceLocation: location)
    } catch {
        Issue.record("threw \(error) instead of \(code)", sourceLocation: location)
    }
}

/// Expects that `Refused` comes out.
func expectRefusal(_ body: () async throws -> Void) async {
    await #expect(throws: Refused.self) { try await body() }
}
