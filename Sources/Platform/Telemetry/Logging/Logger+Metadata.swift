import Kernel

extension Logger {
    /// The fields of one line of the log, in the order given: `["order": .string(id), .status: 201]`.
    public struct Metadata: Sendable, ExpressibleByDictionaryLiteral {
        public private(set) var entries: [(key: MetadataKey, value: MetadataValue)]

        public init(dictionaryLiteral elements: (MetadataKey, MetadataValue)...) {
            entries = elements.map { (key: $0.0, value: $0.1) }
        }

        public mutating func append(_ key: MetadataKey, _ value: MetadataValue) {
            entries.append((key, value))
        }

        public subscript(key: MetadataKey) -> MetadataValue? {
            entries.last { $0.key == key }?.value
        }
    }

    /// The name of a field. The ones that several modules use are constants below, so that one thing has one name.
    public struct MetadataKey: Sendable, Hashable, ExpressibleByStringLiteral {
        public let name: String

        public init(_ name: String) { self.name = name }
        public init(stringLiteral name: String) { self.name = name }

        public static let error: MetadataKey = "error"
        public static let path: MetadataKey = "path"
        public static let status: MetadataKey = "status"
        public static let attempt: MetadataKey = "attempt"
        public static let delay: MetadataKey = "delay_seconds"
        public static let port: MetadataKey = "port"
        public static let count: MetadataKey = "count"
    }

    /// The value of a field.
    public enum MetadataValue: Sendable, Hashable {
        case string(String)
        case integer(Int64)
        case number(Double)
        case boolean(Bool)

        /// In seconds.
        public static func duration(_ duration: Duration) -> MetadataValue { .number(duration.seconds) }

        public static func count(_ count: Int) -> MetadataValue { .integer(Int64(count)) }

        /// An error as its type and text describe it.
        public static func error(_ error: any Error) -> MetadataValue { .string(ErrorText.of(error)) }
    }
}

extension Logger.MetadataValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension Logger.MetadataValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension Logger.MetadataValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .number(value) }
}

extension Logger.MetadataValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}
