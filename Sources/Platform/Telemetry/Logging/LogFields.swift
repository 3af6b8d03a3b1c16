import Kernel

/// The fields of one line of the log, in the order given: `["order": .string(id), .status: 201]`.
public struct LogFields: Sendable, ExpressibleByDictionaryLiteral {
    public private(set) var entries: [(key: LogKey, value: LogValue)]

    public init(dictionaryLiteral elements: (LogKey, LogValue)...) {
        entries = elements.map { (key: $0.0, value: $0.1) }
    }

    public mutating func append(_ key: LogKey, _ value: LogValue) {
        entries.append((key, value))
    }

    public subscript(key: LogKey) -> LogValue? {
        entries.last { $0.key == key }?.value
    }
}

/// The name of a field. The ones that several modules use are constants below, so that one thing has one name.
public struct LogKey: Sendable, Hashable, ExpressibleByStringLiteral {
    public let name: String

    public init(_ name: String) { self.name = name }
    public init(stringLiteral name: String) { self.name = name }

    public static let error: LogKey = "error"
    public static let path: LogKey = "path"
    public static let status: LogKey = "status"
    public static let attempt: LogKey = "attempt"
    public static let delay: LogKey = "delay_seconds"
    public static let port: LogKey = "port"
    public static let count: LogKey = "count"
}

/// The value of a field.
public enum LogValue: Sendable, Hashable {
    case string(String)
    case integer(Int64)
    case number(Double)
    case boolean(Bool)

    /// In seconds.
    public static func duration(_ duration: Duration) -> LogValue { .number(duration.seconds) }

    public static func count(_ count: Int) -> LogValue { .integer(Int64(count)) }

    /// An error as its type and text describe it.
    public static func error(_ error: any Error) -> LogValue { .string(ErrorText.of(error)) }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension LogValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension LogValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .number(value) }
}

extension LogValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}
