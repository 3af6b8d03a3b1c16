import Foundation

struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits for a condition, at most `limit`; what is thrown meanwhile counts as not yet.
func eventually(
    _ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    var last: (any Error)?
    repeat {
        do { if try await condition() { return } } catch { last = error }
        try await Task.sleep(for: .milliseconds(20))
    } while ContinuousClock.now < end
    throw Unexpected("not within \(limit): \(what)\(last.map { " (last error: \($0))" } ?? "")")
}
