public enum LogLevel: Int, Sendable, Hashable, Comparable, CaseIterable {
    case debug, info, warning, error
    /// As a threshold only: nothing is written.
    case off

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    /// `debug`, `info`, `warning`, `error` or `off`: the words used in configuration and in the output.
    public var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        case .off: "off"
        }
    }

    public init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }
}
