/// What is wrong with a table of routes; found when the router is made.
public struct RoutingError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The pattern does not begin with `/`, has an empty part, a name twice, or `**` before the end.
        case malformed
        /// The same method and pattern twice.
        case duplicate
        /// Two patterns that match the same paths under different names.
        case conflicting
    }
    public let code: Code
    public let pattern: String
    public let description: String

    init(_ code: Code, _ pattern: String, _ description: String) {
        self.code = code
        self.pattern = pattern
        self.description = "\(pattern): \(description)"
    }
}
