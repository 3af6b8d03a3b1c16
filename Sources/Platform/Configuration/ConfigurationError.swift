/// Everything that is wrong with a configuration, one line each.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public let problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    init(_ origin: ConfigurationOrigin?, _ message: String) {
        self.init([ConfigurationProblem(origin, message)])
    }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong, and where: `config.yaml:12: order.port must be a whole number from 0 to 65535, not "abc"`.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    public let origin: ConfigurationOrigin?
    public let message: String

    public init(_ origin: ConfigurationOrigin?, _ message: String) {
        self.origin = origin
        self.message = message
    }

    public var description: String { origin.map { "\($0): \(message)" } ?? message }

    /// Problems of a file in the order of its lines, then the others in the order in which they were found.
    static func sorted(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
        problems.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
    }

    private var line: Int {
        guard case .file(_, let line) = origin else { return .max }
        return line
    }
}
