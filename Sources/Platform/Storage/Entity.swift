public import Kernel

/// An aggregate root that is stored whole: a Codable value with an identifier and a version.
///
/// Stored as one JSON document beside the fields that its `collection` declares, on every engine alike. Documents that
/// an earlier version of the program stored lack later properties: a new property is optional, or its type's
/// `init(from:)` gives it a value.
public protocol Entity: Codable, Sendable {
    /// Where it is stored and by which fields it can be found and sorted.
    static var collection: Collection<Self> { get }

    /// Whether it records events that have to be published with it; only a repository that does so can store those that
    /// do.
    associatedtype Recording: EntityRecording = RecordsNothing

    var id: String { get }
    /// 0 before the first insert; then 1, 2, 3 … one more with each update.
    var version: Int64 { get set }
}

/// Says whether a kind of entity records events: `RecordsNothing` or `RecordsEvents`.
public protocol EntityRecording {}
public enum RecordsNothing: EntityRecording {}
public enum RecordsEvents: EntityRecording {}

/// How a kind of entity is stored.
public struct Collection<Root: Sendable>: Sendable {
    /// The table or collection, for example `orders`; also its name in REST paths.
    public let name: String
    public let fields: [Field<Root>]

    public init(_ name: String, fields: [Field<Root>]) {
        self.name = name
        self.fields = fields
    }

    public var schema: CollectionSchema {
        CollectionSchema(name: name, fields: fields.map(\.schema))
    }
}

/// A value of the entity that is kept beside the document, so that it can be searched, sorted by, or unique.
public struct Field<Root: Sendable>: Sendable {
    public let schema: FieldSchema
    public let value: @Sendable (Root) -> FieldValue

    public init(
        _ name: String, _ type: FieldType, unique: Bool = false, indexed: Bool = false,
        value: @escaping @Sendable (Root) -> FieldValue
    ) {
        schema = FieldSchema(name: name, type: type, isUnique: unique, isIndexed: indexed)
        self.value = value
    }
}

public enum FieldType: String, Sendable, Hashable {
    case integer, real, text, boolean
}

/// The value of a field; `null` if the entity has none.
public enum FieldValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case boolean(Bool)
}

public struct FieldSchema: Sendable, Hashable {
    public let name: String
    public let type: FieldType
    public let isUnique: Bool
    public let isIndexed: Bool

    public init(name: String, type: FieldType, isUnique: Bool, isIndexed: Bool) {
        self.name = name
        self.type = type
        self.isUnique = isUnique
        self.isIndexed = isIndexed
    }
}

/// A collection as drivers see it: without the entity's type.
public struct CollectionSchema: Sendable, Hashable {
    public let name: String
    public let fields: [FieldSchema]

    public init(name: String, fields: [FieldSchema]) {
        self.name = name
        self.fields = fields
    }

    /// Returns the schema before the migrations that added the fields `later`.
    public func without(_ later: [String]) -> CollectionSchema {
        CollectionSchema(name: name, fields: fields.filter { !later.contains($0.name) })
    }
}

/// Fields as a `Collection` declares them, for example `.text("status", indexed: true) { $0.status.rawValue }`.
/// A value that the entity does not have (`nil`) is stored as null.
extension Field {
    public static func text(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> String?
    ) -> Field {
        Field(name, .text, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }

    public static func integer(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> Int64?
    ) -> Field {
        Field(name, .integer, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }

    public static func real(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> Double?
    ) -> Field {
        Field(name, .real, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }

    public static func boolean(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> Bool?
    ) -> Field {
        Field(name, .boolean, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }

    /// A point in time, kept as milliseconds since 1970.
    public static func time(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> Timestamp?
    ) -> Field {
        Field(name, .integer, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }
}

extension FieldValue {
    public init(_ text: String?) { self = text.map(FieldValue.text) ?? .null }
    public init(_ integer: Int64?) { self = integer.map(FieldValue.integer) ?? .null }
    public init(_ real: Double?) { self = real.map(FieldValue.real) ?? .null }
    public init(_ boolean: Bool?) { self = boolean.map(FieldValue.boolean) ?? .null }
    /// Milliseconds since 1970.
    public init(_ time: Timestamp?) { self = time.map { .integer($0.milliseconds) } ?? .null }

    /// The text it holds, or `nil` if it holds something else.
    public var text: String? {
        if case .text(let value) = self { value } else { nil }
    }

    /// The whole number it holds, or `nil` if it holds something else.
    public var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// Whether a field of that type can hold it; null fits every type, and a whole number fits a real one.
    public func fits(_ type: FieldType) -> Bool {
        switch (self, type) {
        case (.null, _), (.integer, .integer), (.integer, .real), (.real, .real), (.text, .text), (.boolean, .boolean):
            true
        default: false
        }
    }

    /// As a field of that type holds it: a whole number is a real one in a real field, and what is no number is null.
    package func stored(as type: FieldType) -> FieldValue {
        switch self {
        case .integer(let integer) where type == .real: .real(Double(integer))
        case .real(let real) where real.isNaN: .null
        default: self
        }
    }
}

extension FieldValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .real(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(nilLiteral: ()) { self = .null }
}
